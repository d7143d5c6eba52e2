namespace AgentSandbox.Tests.Docker.StandIn;

/// <summary>A call that came in, whole.</summary>
/// <param name="Method">Such as GET.</param>
/// <param name="Version">The version before the path, such as 1.41; null when there is none.</param>
/// <param name="Path">Unescaped path without version and query, such as <c>/containers/x/json</c>.</param>
/// <param name="Query">Unescaped values by name; of several of one name the last.</param>
/// <param name="Headers">By name, any case.</param>
/// <param name="Body">The body, chunks joined.</param>
internal sealed record StandInRequest(
    string Method, string? Version, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public bool WantsUpgrade => Headers.TryGetValue("Connection", out string? value) && value.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);
}
