using System.Text;

namespace AgentSandbox.Copying.Files;

/// <summary>Names as the archive code has them: bytes that end in NUL, as the calls of Linux want them.</summary>
internal static class NameBytes
{
    /// <summary>Makes them of text.</summary>
    /// <param name="text">The name or path.</param>
    /// <returns>UTF-8, ending in NUL.</returns>
    /// <exception cref="NativeIOException">There is a NUL in it.</exception>
    public static byte[] Of(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Array.IndexOf(bytes, (byte)0) < 0 ? Of(bytes) : throw new NativeIOException(Errno.Invalid, "open", bytes);
    }

    /// <summary>Makes them of bytes.</summary>
    /// <param name="text">The bytes.</param>
    /// <returns>The same, ending in NUL.</returns>
    public static byte[] Of(ReadOnlySpan<byte> text) => [.. text, 0];
}
