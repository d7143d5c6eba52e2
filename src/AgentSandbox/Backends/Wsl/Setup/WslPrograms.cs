using System.Globalization;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Provider;

namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>The two static Linux programs, put into the distribution.</summary>
internal static class WslPrograms
{
    /// <summary>Names these very programs. Cheap, and another one after every build.</summary>
    /// <returns>Lengths and times of change.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProgramNotFound"/>.</exception>
    public static string Fingerprint() => string.Join(' ', new[] { SandboxPrograms.Supervisor, SandboxPrograms.Guest }.Select(p => new FileInfo(p))
        .Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Length}-{f.LastWriteTimeUtc.Ticks}")));

    /// <summary>Puts them there. Sandboxes that run keep theirs.</summary>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="distribution">Name of the distribution.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>.</exception>
    public static async Task PutAsync(IWslCli cli, string distribution, CancellationToken cancellationToken)
    {
        foreach (string program in new[] { SandboxPrograms.Guest, SandboxPrograms.Supervisor })
        {
            await using FileStream content = File.OpenRead(program);
            await DistributionFile.WriteAsync(cli, distribution, $"{WslProvider.ProgramFolder}/{Path.GetFileName(program)}", content, "755", cancellationToken);
        }
    }
}
