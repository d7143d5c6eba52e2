using System.Runtime.InteropServices;
using System.Text.Json;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Processes;

/// <summary>
/// The process on this machine that holds one background process of a sandbox: the program <c>agentsandbox</c>, detached. It runs the command over a connection of its own, so the
/// command neither hangs on the PowerShell that started it nor outlives the sandbox; it keeps what the command writes; and it ends with it. Should it be killed, its connection
/// breaks, and the guest ends the command. It is told what to do by signals, which only its user and root can send: SIGTERM ends the command with all that it started, first
/// politely, SIGUSR1 at once.
/// </summary>
public static class ProcessHolder
{
    /// <summary>The program's verb.</summary>
    public const string Verb = "hold-process";

    /// <summary>SIGUSR1, by its number: of SIGINT and SIGQUIT a process in the background of a script inherits that they are ignored, and .NET leaves that so.</summary>
    private const PosixSignal AtOnce = (PosixSignal)10;

    /// <summary>Runs a command to its end. Says on standard output that it runs, or why not.</summary>
    /// <returns>Exit code: 0 when it ran.</returns>
    public static int Run()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 1;
        }

        _ = Libc.SetSid(); // Fails only for a session leader, which is as good.
        return RunAsync().GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync()
    {
        HolderRequest request;
        await using (Stream input = Console.OpenStandardInput())
        {
            request = (await JsonSerializer.DeserializeAsync(input, ProcessJson.Default.HolderRequest))!;
        }

        await using var manager = new SandboxManager();
        HeldProcess held;
        try
        {
            held = await HeldProcess.StartAsync(manager, request);
        }
        catch (SandboxException e)
        {
            Report(new HolderReport { ErrorId = e.ErrorId, Message = e.Message, RecommendedAction = e.RecommendedAction });
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report(new HolderReport
            {
                ErrorId = (e as LinuxException)?.Errno == Errno.ENOSPC ? SandboxErrorId.DiskFull : SandboxErrorId.StateFailed,
                Message = $"The process could not be put on record: {e.Message}",
                RecommendedAction = $"Check the disk, and that this user may write to {manager.Home.Data}.",
            });
            return 1;
        }

        await using (held)
        {
            using PosixSignalRegistration terminate = Listen(PosixSignal.SIGTERM, () => held.Stop(atOnce: false));
            using PosixSignalRegistration kill = Listen(AtOnce, () => held.Stop(atOnce: true));
            held.Publish();
            Report(new HolderReport { Id = held.Id });
            DetachStreams();
            await held.RunToEndAsync();
        }

        return 0;
    }

    private static PosixSignalRegistration Listen(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true; // Not the end of this process: it ends when the command has.
        act();
    });

    private static void Report(HolderReport report)
    {
        try
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write([.. JsonSerializer.SerializeToUtf8Bytes(report, ProcessJson.Default.HolderReport), (byte)'\n']);
        }
        catch (IOException)
        {
            // Who asked was killed. The process runs, and Get-SandboxProcess finds it.
        }
    }

    /// <summary>Lets go of the caller's pipes, so that it can itself end.</summary>
    private static void DetachStreams()
    {
        using FileDescriptor none = FileDescriptor.Open("/dev/null", Libc.O_RDWR);
        for (int stream = 0; stream <= 2; stream++)
        {
            Errno.Check(Libc.Dup2(none.Value, stream), "detach from the caller");
        }
    }
}
