using System.Text;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>Makes an engine's words fit for an error message: a remote engine, or an image's build, may have chosen them.</summary>
internal static class EngineText
{
    /// <summary>Folds white space, line ends among it, to single spaces; then as <see cref="DisplayText"/> does.</summary>
    /// <param name="text">The text; null is empty.</param>
    /// <returns>One bounded, printable line.</returns>
    public static string OneLine(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        // Folding looks at no more than can be shown: what is left out by it can't exceed what came.
        StringBuilder line = new(Math.Min(text.Length, DisplayText.MaxLength + 1));
        foreach (char c in text)
        {
            if (line.Length > DisplayText.MaxLength)
            {
                break;
            }

            if (!char.IsWhiteSpace(c))
            {
                line.Append(c);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return DisplayText.Of(line.ToString().TrimEnd());
    }
}
