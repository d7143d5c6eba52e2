namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>Status line and headers of an answer.</summary>
/// <param name="Status">100 to 599.</param>
/// <param name="Reason">The words behind it.</param>
/// <param name="Headers">Names in lower case, values without white space around them, as they came.</param>
internal sealed record ResponseHead(int Status, string Reason, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>Whether the connection is raw from here on: 101, or 200 without a body's length from an engine that knows no upgrade.</summary>
    public bool IsHijacked => Status == 101 || (Status == 200 && Find("content-length") is null && Find("transfer-encoding") is null);

    /// <summary>Whether the body comes in chunks.</summary>
    public bool IsChunked => "chunked".Equals(Find("transfer-encoding"), StringComparison.OrdinalIgnoreCase);

    /// <summary>Length of the body; null when none is given.</summary>
    public long? ContentLength => long.TryParse(Find("content-length"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long length) ? length : null;

    private string? Find(string name) => Headers.FirstOrDefault(h => h.Key == name).Value;
}
