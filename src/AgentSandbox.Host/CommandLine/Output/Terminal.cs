using AgentSandbox.Host.CommandLine.Streams;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Colour, where someone is there to see it: on a terminal, unless NO_COLOR is set (no-color.org).</summary>
internal static class Terminal
{
    private static readonly bool s_colour = RawDescriptor.HasColour(RawDescriptor.StandardOutput)
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Bold.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text, with the escape sequence or without.</returns>
    public static string Bold(string text) => Wrap("1", text);

    /// <summary>For what is well.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text, with the escape sequence or without.</returns>
    public static string Good(string text) => Wrap("32", text);

    /// <summary>For what is not.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text, with the escape sequence or without.</returns>
    public static string Bad(string text) => Wrap("31", text);

    private static string Wrap(string code, string text) => s_colour ? $"\e[{code}m{text}\e[0m" : text;
}
