using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.Connection;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Starts keepers. A seam for tests.</summary>
internal interface IKeeperLauncher
{
    /// <summary>Starts the keeper of a sandbox and waits until commands can run.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="say">Told what is being waited for.</param>
    /// <param name="cancellationToken">Ends the waiting, not the keeper.</param>
    /// <exception cref="SandboxException">It could not start the instance.</exception>
    Task StartAsync(string id, string name, Action<string> say, CancellationToken cancellationToken);
}

/// <summary>Starts the program <c>agentsandbox</c> as a keeper, detached: it outlives the process that made the sandbox.</summary>
/// <param name="root">Root of the product's state folder, or null for the standard one.</param>
internal sealed class KeeperLauncher(string? root) : IKeeperLauncher
{
    /// <summary>The program's verb.</summary>
    public const string Verb = "keep-windows-sandbox";

    private const int MaxLine = 16 * 1024;

    /// <summary>
    /// What a program of Windows can't do without, and where wsb.exe finds its package; nothing else of the caller's environment, which may hold
    /// secrets, is in a process that lives as long as the sandbox.
    /// </summary>
    private static readonly string[] s_variables =
    [
        "SystemRoot", "SystemDrive", "windir", "ComSpec", "TEMP", "TMP", "USERNAME", "USERDOMAIN", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "ALLUSERSPROFILE", "PUBLIC", "HOMEDRIVE", "HOMEPATH", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
        HostProbe.ProgramVariable, SandboxPrograms.EnvironmentVariable,
    ];

    /// <inheritdoc/>
    public async Task StartAsync(string id, string name, Action<string> say, CancellationToken cancellationToken)
    {
        using Process process = Start(id);
        process.StandardInput.Close();
        Task<string> errors = ReadErrorsAsync(process.StandardError, cancellationToken);
        while (await ReadLineAsync(process.StandardOutput, cancellationToken) is { } line)
        {
            KeeperReport report = JsonSerializer.Deserialize(line, InstanceJson.Default.KeeperReport)!;
            if (report.Progress is { } progress)
            {
                say(progress);
                continue;
            }

            if (report.ErrorId is { } errorId)
            {
                await process.WaitForExitAsync(cancellationToken); // It has cleaned up, and holds nothing any more.
                throw new SandboxException(errorId, report.Message ?? "", report.RecommendedAction ?? "", name);
            }

            return;
        }

        throw InstanceErrors.StartFailed(name, $"its keeper ended. {GuestText.Clean(await errors)}");
    }

    private Process Start(string id)
    {
        string program = SandboxPrograms.Keeper;
        var start = new ProcessStartInfo(program, [Verb, id])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(program)!,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = OperatingSystem.IsWindows() ? Environment.SystemDirectory : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (string variable in s_variables.Concat(StandInVariables()))
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value)
            {
                start.Environment[variable] = value;
            }
        }

        if (root is not null)
        {
            start.Environment[SandboxHome.EnvironmentVariable] = root;
        }

        using (Native.StandardHandles.NotInherited())
        {
            return Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        }
    }

    /// <summary>Where another wsb.exe is named, it may be told how to behave by variables of its own name.</summary>
    private static IEnumerable<string> StandInVariables() =>
        Environment.GetEnvironmentVariable(HostProbe.ProgramVariable) is { Length: > 0 }
            ? Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(k => k.StartsWith(HostProbe.ProgramVariable + "_", StringComparison.OrdinalIgnoreCase))
            : [];

    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        string? line = await reader.ReadLineAsync(cancellationToken);
        return line?.Length > MaxLine ? line[..MaxLine] : line;
    }

    /// <summary>Only the beginning: a keeper that floods is not read for ever.</summary>
    private static async Task<string> ReadErrorsAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        char[] buffer = new char[MaxLine];
        int count = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, count);
    }
}
