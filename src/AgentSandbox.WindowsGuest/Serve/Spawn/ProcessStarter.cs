using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Native;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>
/// Starts commands: in a job of their own from their first instruction, with three handles and no other, without a window. Not
/// System.Diagnostics.Process: it can do none of the three, and it lets two commands that start at once inherit each other's pipes.
/// </summary>
internal static unsafe class ProcessStarter
{
    private const string Stage = CommandRefusedException.ProgramStage;

    private static readonly string s_self = Process.GetCurrentProcess().MainModule!.FileName!;

    /// <summary>Makes a process that does not run yet.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The process.</returns>
    /// <exception cref="CommandRefusedException">It can't be started.</exception>
    public static StartedProcess Start(OpenMessage request)
    {
        OpenMessage open = OpenValidation.Check(request, OpenValidation.IsOwnUser);
        try
        {
            var environment = new CommandEnvironment(CommandEnvironment.OfLogon(), open.Environment);
            string folder = open.WorkingDirectory ?? HomeOf(environment);
            if (!Directory.Exists(folder))
            {
                throw new CommandRefusedException(FailKind.WorkingDirectory, "chdir", "It does not exist or can't be entered: " + folder);
            }

            (string program, string commandLine) = Resolve(open, environment, folder);
            if (commandLine.Length > CommandLine.MaxLength)
            {
                throw new CommandRefusedException(FailKind.ArgumentListTooLong, Stage, $"Windows takes {CommandLine.MaxLength} characters as a command line.");
            }

            return Start(program, commandLine, environment, folder, open.StandardInput);
        }
        catch (Win32Exception e)
        {
            throw CommandRefusedException.Of("start", e, "What a command needs could not be made");
        }
        catch (DllNotFoundException e)
        {
            throw new CommandRefusedException(FailKind.Internal, "start", "This is no Windows: " + e.Message); // Mono on Linux.
        }
    }

    private static string HomeOf(CommandEnvironment environment) => environment.Get("USERPROFILE") is { } home && Directory.Exists(home)
        ? home
        : Path.GetPathRoot(Environment.SystemDirectory) ?? "C:\\";

    private static (string Program, string CommandLine) Resolve(OpenMessage open, CommandEnvironment environment, string folder)
    {
        if (open.Self)
        {
            return (s_self, CommandLine.Of(s_self, open.Arguments));
        }

        string name = open.Arguments[0];
        string program = ProgramSearch.Candidates(name, folder, environment.Get("PATH") ?? "", environment.Get("PATHEXT")).FirstOrDefault(File.Exists)
            ?? throw new CommandRefusedException(FailKind.CommandNotFound, Stage, name);
        string interpreter = Path.Combine(Environment.SystemDirectory, "cmd.exe");
        if (!ProgramSearch.IsBatch(program))
        {
            bool isShell = string.Equals(Path.GetFullPath(program), interpreter, StringComparison.OrdinalIgnoreCase);
            return (program, (isShell ? CommandLine.OfShellLine(program, [.. open.Arguments.Skip(1)]) : null) ?? CommandLine.Of(program, open.Arguments.Skip(1)));
        }

        return (interpreter, CommandLine.OfBatch(interpreter, program, open.Arguments.Skip(1)));
    }

    private static StartedProcess Start(string program, string commandLine, CommandEnvironment environment, string folder, bool wantsInput)
    {
        var owned = new List<IDisposable>();
        try
        {
            JobObject job = Own(JobObject.Create());
            (SafeFileHandle input, SafeFileHandle? inputEnd) = wantsInput ? Pipe.Create(commandReads: true) : (Pipe.OpenNul(), null);
            using SafeFileHandle inputOfCommand = input;
            owned.Add(inputEnd ?? (IDisposable)inputOfCommand);
            (SafeFileHandle output, SafeFileHandle outputEnd) = Pipe.Create(commandReads: false);
            using SafeFileHandle outputOfCommand = output;
            Own(outputEnd);
            (SafeFileHandle error, SafeFileHandle errorEnd) = Pipe.Create(commandReads: false);
            using SafeFileHandle errorOfCommand = error;
            Own(errorEnd);

            Kernel32.ProcessInformation made = Create(program, commandLine, environment, folder, input, output, error);
            SafeWaitHandle process = Own(new SafeWaitHandle(made.Process, ownsHandle: true));
            SafeWaitHandle thread = Own(new SafeWaitHandle(made.Thread, ownsHandle: true));
            try
            {
                job.Assign(made.Process);
            }
            catch (Win32Exception)
            {
                _ = Kernel32.TerminateProcess(made.Process, 1); // It must not run outside of a job, and has not yet.
                throw;
            }

            owned.Clear();
            return new StartedProcess((int)made.ProcessId, process, thread, job, inputEnd, outputEnd, errorEnd);
        }
        finally
        {
            owned.ForEach(static d => d.Dispose());
        }

        T Own<T>(T resource)
            where T : IDisposable
        {
            owned.Add(resource);
            return resource;
        }
    }

    private static Kernel32.ProcessInformation Create(
        string program, string commandLine, CommandEnvironment environment, string folder, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
    {
        nuint size = 0;
        _ = Kernel32.InitializeProcThreadAttributeList(null, 1, 0, &size);
        byte* list = stackalloc byte[(int)size];
        nint* handles = stackalloc nint[3];
        handles[0] = input.DangerousGetHandle();
        handles[1] = output.DangerousGetHandle();
        handles[2] = error.DangerousGetHandle();
        Check(Kernel32.InitializeProcThreadAttributeList(list, 1, 0, &size));
        try
        {
            Check(Kernel32.UpdateProcThreadAttribute(list, 0, Kernel32.AttributeHandleList, handles, (nuint)(3 * sizeof(nint)), null, null));
            var startup = new Kernel32.StartupInfoEx
            {
                Size = sizeof(Kernel32.StartupInfoEx),
                Flags = Kernel32.StartUseStdHandles,
                StandardInput = handles[0],
                StandardOutput = handles[1],
                StandardError = handles[2],
                Attributes = list,
            };
            const uint flags = Kernel32.CreateSuspended | Kernel32.CreateNewProcessGroup | Kernel32.CreateUnicodeEnvironment | Kernel32.CreateNoWindow | Kernel32.ExtendedStartupInfoPresent;
            Kernel32.ProcessInformation made;
            fixed (char* application = program, line = commandLine + '\0', block = environment.ToBlock(), start = folder)
            {
                if (Kernel32.CreateProcess(application, line, null, null, 1, flags, block, start, &startup, &made) == 0)
                {
                    throw CommandRefusedException.Of(Stage, new Win32Exception(Marshal.GetLastWin32Error()), program);
                }
            }

            return made;
        }
        finally
        {
            Kernel32.DeleteProcThreadAttributeList(list);
        }
    }

    private static void Check(int result)
    {
        if (result == 0)
        {
            throw new Win32Exception(Marshal.GetLastWin32Error());
        }
    }
}
