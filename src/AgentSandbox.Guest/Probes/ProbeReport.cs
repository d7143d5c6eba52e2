using System.Text.Json;

namespace AgentSandbox.Guest.Probes;

/// <summary>What a probe found, printed as one line of JSON for the host, which believes a secret and doubts the rest.</summary>
/// <param name="Outcome"><see cref="Open"/>, <see cref="Closed"/> or <see cref="Error"/>.</param>
/// <param name="Errno">Error number of the attempt that decided; 0 when none did.</param>
/// <param name="SelfTest">The control in the sandbox: the same mechanism works on something that is the sandbox's own.</param>
/// <param name="Detail">What was tried and seen, in words.</param>
/// <param name="Nonce">The secret that came through the opening.</param>
internal sealed record ProbeReport(string Outcome, int Errno, bool SelfTest, string Detail, string Nonce = "")
{
    public const string Open = "open";
    public const string Closed = "closed";
    public const string Error = "error";

    /// <summary>The opening is there when the call succeeded.</summary>
    public static ProbeReport Of(KernelResult result, bool selfTest, string detail) =>
        new(result.Ok ? Open : Closed, result.Errno, selfTest, detail);

    /// <summary>The opening is there when it gave a secret.</summary>
    public static ProbeReport OfSecret(string secret, int errno, bool selfTest, string detail) =>
        new(secret.Length > 0 ? Open : Closed, secret.Length > 0 ? 0 : errno, selfTest, detail, secret);

    /// <summary>Writes the line to standard output.</summary>
    public void Print()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("outcome", Outcome);
            json.WriteNumber("errno", Errno);
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
