using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Provider;

namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>Files of a distribution, by the few programs that every Linux has: there is no other way in, and none is wanted.</summary>
internal static class DistributionFile
{
    /// <summary>Said by a script that came to its end, since wsl.exe's exit code does not say it: a Linux exit code 67 and a failure of WSL look alike there.</summary>
    private const string Done = "agentsandbox: done";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    /// <summary>Writes a file: a new one first, then a rename, so that nobody sees half of it and a running program keeps its own.</summary>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="distribution">Name of the distribution.</param>
    /// <param name="path">Absolute path.</param>
    /// <param name="content">The content; its length must be known.</param>
    /// <param name="mode">Permissions, in octal.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>.</exception>
    public static async Task WriteAsync(IWslCli cli, string distribution, string path, Stream content, string mode, CancellationToken cancellationToken)
    {
        // The length is compared: a wsl.exe that dies in between looks like the end of the content.
        const string Script = """set -e; umask 022; mkdir -p "${1%/*}"; t="$1.$$.new"; trap 'rm -f "$t"' EXIT; cat > "$t"; [ "$(wc -c < "$t")" -eq "$2" ]; chmod "$3" "$t"; mv -f "$t" "$1"; echo "$4" """;
        IReadOnlyList<string> words = ["/bin/sh", "-c", Script.TrimEnd(), "sh", path, content.Length.ToString(CultureInfo.InvariantCulture), mode, Done];
        WslResult result = await cli.RunAsync(WslProvider.InDistribution(distribution, words), content, s_patience, cancellationToken);
        if (!Encoding.UTF8.GetString(result.Output).Contains(Done, StringComparison.Ordinal))
        {
            throw WslErrors.Translate(result, $"write {path} in the distribution '{distribution}'", distribution);
        }
    }

    /// <summary>Writes a text file.</summary>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="distribution">Name of the distribution.</param>
    /// <param name="path">Absolute path.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task WriteAsync(IWslCli cli, string distribution, string path, string text, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await WriteAsync(cli, distribution, path, content, "644", cancellationToken);
    }

    /// <summary>Reads a small text file.</summary>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="distribution">Name of the distribution.</param>
    /// <param name="path">Absolute path.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The text; null when there is no such file.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>: it could not be asked.</exception>
    public static async Task<string?> TryReadAsync(IWslCli cli, string distribution, string path, CancellationToken cancellationToken)
    {
        const string Script = """[ ! -f "$1" ] || head -c 4096 "$1"; echo; echo "$2" """;
        WslResult result = await cli.RunAsync(WslProvider.InDistribution(distribution, "/bin/sh", "-c", Script.TrimEnd(), "sh", path, Done), null, s_patience, cancellationToken);
        string text = Encoding.UTF8.GetString(result.Output);
        int end = text.LastIndexOf(Done, StringComparison.Ordinal);
        return end < 0 ? throw WslErrors.Translate(result, $"read {path} in the distribution '{distribution}'", distribution)
            : text[..end].Trim() is { Length: > 0 } content ? content : null;
    }
}
