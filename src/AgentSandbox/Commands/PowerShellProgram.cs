using System.Text;

namespace AgentSandbox;

/// <summary>How a script's text is handed to a PowerShell: encoded, so that no quoting is between (about_Pwsh, about_PowerShell_exe: -EncodedCommand).</summary>
internal static class PowerShellProgram
{
    /// <summary>Its program on Linux.</summary>
    public const string Linux = "pwsh";

    /// <summary>The one that is part of Windows.</summary>
    public const string Windows = "powershell.exe";

    /// <summary>Most characters that the encoded script may have: Windows takes 32,766 as a command line.</summary>
    private const int MaxEncoded = 32_000;

    /// <summary>The arguments that run a script.</summary>
    /// <param name="script">Its text.</param>
    /// <returns>The arguments after the program.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ArgumentListTooLong"/>.</exception>
    public static IReadOnlyList<string> Arguments(string script)
    {
        // Progress would come as XML on standard error, since nobody is at a console.
        string encoded = Convert.ToBase64String(Encoding.Unicode.GetBytes("$ProgressPreference='SilentlyContinue';" + script));
        return encoded.Length <= MaxEncoded
            ? ["-NoLogo", "-NoProfile", "-NonInteractive", "-OutputFormat", "Text", "-EncodedCommand", encoded]
            : throw new SandboxException(SandboxErrorId.ArgumentListTooLong, "The script block is too long for a command line.", "Put it into a file and run that with -FilePath.");
    }
}
