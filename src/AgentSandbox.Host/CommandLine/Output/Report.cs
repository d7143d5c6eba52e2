using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Host.CommandLine.Streams;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Writes reports: to standard output, UTF-8, each with one write.</summary>
internal static class Report
{
    /// <summary>Writes a text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="OutputClosedException">Who read it has gone.</exception>
    public static void Text(string text) => RawDescriptor.Write(RawDescriptor.StandardOutput, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line.</summary>
    /// <param name="text">The line, without its end.</param>
    /// <exception cref="OutputClosedException">Who read it has gone.</exception>
    public static void Line(string text) => Text(text + "\n");

    /// <summary>Writes an object or an array as JSON.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="typeInfo">Its metadata in <see cref="ReportJson"/>.</param>
    /// <exception cref="OutputClosedException">Who read it has gone.</exception>
    public static void Json<T>(T value, JsonTypeInfo<T> typeInfo) => Line(JsonSerializer.Serialize(value, typeInfo));

    /// <summary>Writes a line to standard error.</summary>
    /// <param name="text">The text, without its last end of line.</param>
    public static void Notice(string text)
    {
        try
        {
            RawDescriptor.Write(RawDescriptor.StandardError, Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (Exception exception) when (exception is IOException or OutputClosedException)
        {
            // Standard error is gone: there is no place left to say so, and the exit code still tells.
        }
    }

    /// <summary>Writes warnings to standard error.</summary>
    /// <param name="warnings">The warnings.</param>
    public static void Warnings(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
        {
            Notice($"agentsandbox: warning: {PrintableText.Clean(warning)}");
        }
    }
}
