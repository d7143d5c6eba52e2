using System.Globalization;

namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>Versions of the Docker Engine API, and which one is spoken.</summary>
internal static class ApiVersion
{
    /// <summary>The newest that this client knows.</summary>
    public static readonly Version Newest = new(1, 47);

    /// <summary>The oldest that it speaks: Docker 19.03, and the oldest that today's engines speak.</summary>
    public static readonly Version Oldest = new(1, 40);

    /// <summary>From here on <c>stats?one-shot=1</c> answers at once.</summary>
    public static readonly Version OneShotStats = new(1, 41);

    /// <summary>Settles the version.</summary>
    /// <param name="engine">What the engine's <c>Api-Version</c> says.</param>
    /// <returns>The smaller of ours and the engine's; null when the text is no version.</returns>
    public static Version? Negotiate(string? engine)
    {
        string[] parts = (engine ?? "").Split('.');
        return parts.Length == 2 && Number(parts[0]) is { } major && Number(parts[1]) is { } minor
            ? new Version(major, minor) is var version && version < Newest ? version : Newest
            : null;
    }

    private static int? Number(string text) => text.Length <= 6 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
