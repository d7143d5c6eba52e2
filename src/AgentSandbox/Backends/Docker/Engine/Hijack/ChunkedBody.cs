using System.Globalization;
using System.Text;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>Joins the chunks (RFC 9112, 7.1) of an error's body that was read whole.</summary>
internal static class ChunkedBody
{
    /// <summary>Joins them.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="isComplete">Whether the last chunk is among them; nonsense counts as complete, since nothing sensible can follow.</param>
    /// <returns>The body as far as it has come.</returns>
    public static byte[] Join(ReadOnlySpan<byte> bytes, out bool isComplete)
    {
        MemoryStream body = new();
        isComplete = false;
        while (true)
        {
            int end = bytes.IndexOf("\r\n"u8);
            if (end < 0)
            {
                break;
            }

            ReadOnlySpan<byte> digits = bytes[..end];
            int extension = digits.IndexOf((byte)';');
            string text = Encoding.ASCII.GetString(extension < 0 ? digits : digits[..extension]).Trim();
            if (!int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int length) || length <= 0)
            {
                isComplete = true;
                break;
            }

            bytes = bytes[(end + 2)..];
            body.Write(bytes[..Math.Min(length, bytes.Length)]);
            if (bytes.Length < (long)length + 2)
            {
                break;
            }

            bytes = bytes[(length + 2)..];
        }

        return body.ToArray();
    }
}
