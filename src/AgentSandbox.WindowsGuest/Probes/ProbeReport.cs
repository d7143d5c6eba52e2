using System.Text.Json;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>What a probe found, printed as one line of JSON for the host, which believes a secret and doubts the rest.</summary>
/// <param name="Outcome"><see cref="Open"/>, <see cref="Closed"/> or <see cref="Error"/>.</param>
/// <param name="SelfTest">The control in the sandbox: the same mechanism works on something that is the sandbox's own.</param>
/// <param name="Detail">What was tried and seen, in words.</param>
/// <param name="Nonce">The secret that came through the opening.</param>
internal sealed record ProbeReport(string Outcome, bool SelfTest, string Detail, string Nonce = "")
{
    public const string Open = "open";
    public const string Closed = "closed";
    public const string Error = "error";

    /// <summary>The opening is there when it gave a secret.</summary>
    /// <param name="secret">What came through, or nothing.</param>
    /// <param name="selfTest">As above.</param>
    /// <param name="detail">As above.</param>
    /// <returns>The report.</returns>
    public static ProbeReport OfSecret(string secret, bool selfTest, string detail) => new(secret.Length > 0 ? Open : Closed, selfTest, detail, secret);

    /// <summary>Writes the line to standard output.</summary>
    public void Print()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("outcome", Outcome);
            json.WriteNumber("errno", 0); // Linux's numbers only; what Windows says is in the detail.
            json.WriteBoolean("selfTest", SelfTest);
            json.WriteString("detail", Detail);
            json.WriteString("nonce", Nonce);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        using Stream output = Console.OpenStandardOutput();
        buffer.WriteTo(output);
        output.Flush();
    }
}
