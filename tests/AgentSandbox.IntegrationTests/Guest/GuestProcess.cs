using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>
/// The published guest as a plain process on a Unix socket: no sandbox around it, so that a failure is the guest's own. posix_spawn(3), because
/// <see cref="System.Diagnostics.Process"/> can't hand a listening socket over as descriptor 3.
/// </summary>
public sealed unsafe partial class GuestProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-guest-").FullName;
    private readonly string _socketPath;

    // Kept open: disposing it would unlink the path.
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private int? _exitCode;

    public GuestProcess()
        : this([])
    {
    }

    /// <summary>Starts it.</summary>
    /// <param name="options">Of <c>serve</c>.</param>
    /// <param name="listen">False: what it inherits does not listen.</param>
    /// <param name="wrapper">A program and its arguments that start the guest in turn, such as in a process namespace.</param>
    /// <param name="environment">More variables.</param>
    public GuestProcess(string[] options, bool listen = true, string[]? wrapper = null, params string[] environment)
    {
        _socketPath = Path.Combine(_folder, "s");
        _listener.Bind(new UnixDomainSocketEndPoint(_socketPath));
        if (listen)
        {
            _listener.Listen(64);
        }

        // File actions are 80 bytes in glibc; room to spare.
        byte* actions = stackalloc byte[512];
        _ = FileActionsInit(actions);
        _ = FileActionsAddDup2(actions, (int)_listener.Handle, 3);
        _ = FileActionsAddOpen(actions, 2, MessagesPath, 0x241, 0x180); // O_WRONLY|O_CREAT|O_TRUNC, 0600
        int result = Spawn(out int pid, wrapper?[0] ?? Program, actions, 0, [.. wrapper ?? [], Program, "serve", .. options, null], ["LISTEN_FDS=1", "LEAKED=1", .. environment, null]);
        _ = FileActionsDestroy(actions);
        if (result != 0)
        {
            throw new InvalidOperationException($"posix_spawn of {Program}: {result}");
        }

        Id = pid;
    }

    /// <summary>The guest that the build laid out.</summary>
    public static string Program { get; } = Path.Combine(Programs.Folder, "agentsandbox-guest");

    public int Id { get; }

    /// <summary>What it wrote to standard error.</summary>
    public string Messages => File.ReadAllText(MessagesPath);

    public bool IsAlive => _exitCode is null && Poll() is null;

    private string MessagesPath => Path.Combine(_folder, "messages");

    public Socket ConnectRaw()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
        socket.Connect(new UnixDomainSocketEndPoint(_socketPath));
        return socket;
    }

    public GuestClient Connect() => new(ConnectRaw());

    public void Signal(int signal) => Signal(Id, signal);

    public static void Signal(int pid, int signal) => _ = Kill(pid, signal);

    /// <summary>Exit code, or 128 + signal.</summary>
    public int WaitForExit()
    {
        for (int i = 0; i < 3000 && _exitCode is null; i++)
        {
            Thread.Sleep(10);
            Poll();
        }

        return _exitCode ?? throw new TimeoutException("The guest does not end.");
    }

    public void Dispose()
    {
        if (IsAlive)
        {
            Signal(15);
            try
            {
                WaitForExit();
            }
            finally
            {
                if (_exitCode is null)
                {
                    Signal(9);
                }
            }
        }

        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private int? Poll()
    {
        if (_exitCode is null && WaitPid(Id, out int status, 1) == Id)
        {
            _exitCode = (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
        }

        return _exitCode;
    }

    private static int Spawn(out int pid, string path, byte* actions, nint attributes, string?[] arguments, string?[] environment)
    {
        nint[] argv = Array.ConvertAll(arguments, Marshal.StringToCoTaskMemUTF8);
        nint[] envp = Array.ConvertAll(environment, Marshal.StringToCoTaskMemUTF8);
        try
        {
            fixed (nint* a = argv)
            fixed (nint* e = envp)
            fixed (byte* p = Encoding.UTF8.GetBytes(path + "\0"))
            {
                return PosixSpawn(out pid, p, actions, attributes, a, e);
            }
        }
        finally
        {
            Array.ForEach(argv, Marshal.FreeCoTaskMem);
            Array.ForEach(envp, Marshal.FreeCoTaskMem);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(out int pid, byte* path, byte* actions, nint attributes, nint* arguments, nint* environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int FileActionsAddDup2(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileActionsAddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
