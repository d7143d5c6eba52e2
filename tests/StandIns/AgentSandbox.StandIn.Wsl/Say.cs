using System.Text;

namespace AgentSandbox.StandIn.Wsl;

/// <summary>A failure of wsl.exe itself.</summary>
/// <param name="token">The token below the message.</param>
/// <param name="english">The message.</param>
/// <param name="german">The same for a German Windows.</param>
internal sealed class WslException(string token, string english, string german) : Exception(Settings.IsGerman ? german : english)
{
    public string Token => token;

    public static WslException NotFound() => new("Wsl/Service/WSL_E_DISTRO_NOT_FOUND", "There is no distribution with the supplied name.", "Es ist keine Distribution mit dem angegebenen Namen vorhanden.");
}

/// <summary>wsl.exe's own words: on standard output, in UTF-16LE unless WSL_UTF8 is exactly 1.</summary>
internal static class Say
{
    /// <summary>-1, of which Linux keeps a byte.</summary>
    public const int OwnFailure = 255;

    public static void Line(string english, string german) => Write((Settings.IsGerman ? german : english) + "\r\n");

    public static void Line(string text) => Write(text + "\r\n");

    public static void Error(WslException e) => Write($"{e.Message}\r\n{(Settings.IsGerman ? "Fehlercode" : "Error code")}: {e.Token}\r\n");

    public static int Usage()
    {
        Line("Usage: wsl.exe [Argument] [Options...] [CommandLine]", "Syntax: wsl.exe [Argument] [Optionen...] [Befehlszeile]");
        return OwnFailure;
    }

    private static void Write(string text)
    {
        Encoding encoding = Environment.GetEnvironmentVariable("WSL_UTF8") == "1" ? new UTF8Encoding(false) : new UnicodeEncoding(false, false);
        using Stream output = Console.OpenStandardOutput();
        output.Write(encoding.GetBytes(text));
    }
}
