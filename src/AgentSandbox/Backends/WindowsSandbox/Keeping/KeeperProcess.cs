using System.Text.Json;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>The keeper as a process: the program <c>agentsandbox</c> with <see cref="KeeperLauncher.Verb"/>.</summary>
public static class KeeperProcess
{
    /// <summary>The program's verb.</summary>
    public const string Verb = KeeperLauncher.Verb;

    /// <summary>Keeps a sandbox to its end.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string id)
    {
        if (id.Length != 12 || !id.All(char.IsAsciiHexDigitLower))
        {
            return 2;
        }

        if (OperatingSystem.IsLinux())
        {
            _ = Libc.SetSid(); // Fails only for a session leader, which is as good.
        }

        return RunAsync(id).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(string id)
    {
        SandboxHome home = WindowsSandboxes.HomeBelow(new SandboxHome());
        var machine = new SandboxMachine(home);
        IInstance instance;
        try
        {
            instance = await machine.InstanceAsync(CancellationToken.None);
        }
        catch (SandboxException e)
        {
            Report(new KeeperReport { ErrorId = e.ErrorId, Message = e.Message, RecommendedAction = e.RecommendedAction });
            return 1;
        }

        var surroundings = new KeeperSurroundings { Home = home, Instance = instance, Door = machine.Door, Folders = new HostFolders() };
        return await new Keeper(surroundings, id, Report).RunAsync(CancellationToken.None);
    }

    /// <summary>To the process that waits; when it is gone, the locks say so, not this.</summary>
    private static void Report(KeeperReport report)
    {
        try
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, InstanceJson.Default.KeeperReport));
            Console.Out.Flush();
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }
    }
}
