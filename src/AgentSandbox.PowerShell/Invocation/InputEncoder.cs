using System.Management.Automation;
using System.Text;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>What a pipeline object is on a command's standard input: bytes as they are, everything else a line of UTF-8 text ended by LF.</summary>
internal static class InputEncoder
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Encodes an object and hands the bytes on, in one or more pieces.</summary>
    public static void Encode(object? item, Action<ReadOnlyMemory<byte>> write)
    {
        object? value = item is PSObject wrapped ? wrapped.BaseObject : item;
        switch (value)
        {
            case null:
                break;
            case byte one:
                write(new[] { one });
                break;
            case byte[] bytes:
                write(bytes);
                break;
            case string text:
                write(Line(text));
                break;
            case System.Collections.IList list:
                foreach (object? element in list)
                {
                    Encode(element, write);
                }

                break;
            default:
                write(Line((string?)LanguagePrimitives.ConvertTo(item, typeof(string), System.Globalization.CultureInfo.InvariantCulture) ?? ""));
                break;
        }
    }

    private static byte[] Line(string text)
    {
        byte[] line = new byte[s_utf8.GetByteCount(text) + 1];
        s_utf8.GetBytes(text, line);
        line[^1] = (byte)'\n';
        return line;
    }
}
