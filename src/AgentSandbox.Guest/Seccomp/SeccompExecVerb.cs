using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Seccomp;

/// <summary>
/// <c>seccomp-exec [--deny-set-id-bits] PROGRAM [ARGUMENT…]</c>: runs a program under the filter, outside of any sandbox. A developer's tool, to see
/// whether a program runs with what the filter leaves; described in docs/isolation.md.
/// </summary>
internal static unsafe partial class SeccompExecVerb
{
    private const int SetNoNewPrivileges = 38;

    public static int Run(string[] args)
    {
        bool denySetIdBits = args is ["--deny-set-id-bits", ..];
        string[] command = denySetIdBits ? args[1..] : args;
        if (command.Length == 0)
        {
            Console.Error.WriteLine("usage: agentsandbox-guest seccomp-exec [--deny-set-id-bits] PROGRAM [ARGUMENT...]");
            return 2;
        }

        if (Prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            Console.Error.WriteLine($"seccomp-exec: no_new_privs: errno {Marshal.GetLastPInvokeError()}");
            return 125;
        }

        SeccompFilter.Install(denySetIdBits);
        Execute(command);
        Console.Error.WriteLine($"seccomp-exec: {command[0]}: errno {Marshal.GetLastPInvokeError()}");
        return 127;
    }

    private static void Execute(string[] command)
    {
        // Freed by nobody: either the program takes this process over or the process ends.
        byte** arguments = (byte**)NativeMemory.AllocZeroed((nuint)(command.Length + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < command.Length; i++)
        {
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(command[i]);
        }

        _ = Execvp(arguments[0], arguments);
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static partial int Execvp(byte* file, byte** arguments);
}
