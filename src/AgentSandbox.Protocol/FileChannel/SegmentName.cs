using System.Globalization;

namespace AgentSandbox.Protocol.FileChannel;

/// <summary>Names in the mapped folders. Each end makes them itself; none is taken from the other end, but a channel's id by the guest.</summary>
public static class SegmentName
{
    /// <summary>Characters of a channel's id.</summary>
    public const int IdLength = 16;

    /// <summary>The file name of a segment.</summary>
    /// <param name="number">From 1 to <see cref="FileChannelLimits.LastSegment"/>.</param>
    /// <returns>Such as <c>00000001.seg</c>.</returns>
    public static string Of(int number) => number is > 0 and <= FileChannelLimits.LastSegment
        ? number.ToString("D8", CultureInfo.InvariantCulture) + ".seg"
        : throw new ArgumentOutOfRangeException(nameof(number), number, "A segment's number has eight digits.");

    /// <summary>Whether a folder's name is a channel's id: exactly 16 lower-case hexadecimal digits.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True for an id.</returns>
    public static bool IsId(string? name)
    {
        if (name is null || name.Length != IdLength)
        {
            return false;
        }

        foreach (char c in name)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
            {
                return false;
            }
        }

        return true;
    }
}
