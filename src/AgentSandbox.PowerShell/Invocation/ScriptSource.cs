using System.Text;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>
/// A script of the host. Its interpreter is what its first line says (<c>#!</c>), else what its extension means. It is started by
/// naming the interpreter, so neither an executable bit nor a file system that allows execution is needed.
/// </summary>
/// <param name="HostPath">Absolute path on the host.</param>
/// <param name="Interpreter">Program and its own arguments.</param>
internal sealed record ScriptSource(string HostPath, IReadOnlyList<string> Interpreter)
{
    // BINPRM_BUF_SIZE of Linux: the kernel reads no more of a first line (execve(2)).
    private const int MaxFirstLine = 256;

    /// <summary>Program and its own arguments in a sandbox with Windows in it, where the extension says what a script is.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/>: it says nothing.</exception>
    public IReadOnlyList<string> WindowsInterpreter => Path.GetExtension(HostPath).ToUpperInvariant() switch
    {
        ".PS1" => ["powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"],
        ".CMD" or ".BAT" => [],
        ".PY" => ["python.exe"],
        ".JS" or ".MJS" or ".CJS" => ["node.exe"],
        ".PL" => ["perl.exe"],
        ".RB" => ["ruby.exe"],
        string extension => throw new SandboxException(
            SandboxErrorId.InvalidSpecification,
            $"Nothing in Windows runs a script with the extension '{extension}'.",
            "Use a .ps1, .cmd or .bat file, or copy it in and name its interpreter with -Command.",
            HostPath),
    };

    /// <summary>Looks at a script.</summary>
    /// <exception cref="SandboxException"><see cref="CmdletErrorId.ScriptNotFound"/>.</exception>
    public static ScriptSource Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new SandboxException(CmdletErrorId.ScriptNotFound, $"The script '{path}' is not there or is no file.", "Give the path of a script on this machine.", path);
        }

        try
        {
            return new ScriptSource(path, FromFirstLine(path) ?? FromExtension(Path.GetExtension(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException(CmdletErrorId.ScriptNotFound, $"The script '{path}' can't be read: {e.Message}", "Check its permissions.", path, e);
        }
    }

    private static IReadOnlyList<string>? FromFirstLine(string path)
    {
        byte[] buffer = new byte[MaxFirstLine];
        using FileStream file = File.OpenRead(path);
        string start = Encoding.UTF8.GetString(buffer, 0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
        if (!start.StartsWith("#!", StringComparison.Ordinal))
        {
            return null;
        }

        int end = start.IndexOf('\n', StringComparison.Ordinal);
        string line = (end < 0 ? start[2..] : start[2..end]).Trim(' ', '\t', '\r');

        // As the kernel does: the interpreter, then all the rest as one argument.
        int space = line.IndexOfAny([' ', '\t']);
        return line.Length == 0 ? null : space < 0 ? [line] : [line[..space], line[(space + 1)..].Trim()];
    }

    private static IReadOnlyList<string> FromExtension(string extension) => extension.ToUpperInvariant() switch
    {
        ".BASH" => ["bash"],
        ".PY" => ["python3"],
        ".PS1" => ["pwsh", "-NoProfile", "-NonInteractive", "-File"],
        ".JS" or ".MJS" or ".CJS" => ["node"],
        ".PL" => ["perl"],
        ".RB" => ["ruby"],
        _ => ["/bin/sh"],
    };
}
