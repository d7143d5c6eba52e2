using System.Globalization;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>
/// Looks at the folder that a guest writes, by names, kinds and sizes only: nothing in it is opened. It can hold what the channel makes, a folder for
/// each connection with segments in it, and no more than that: a full disk of the host is otherwise one loop away.
/// </summary>
internal static class FolderGuard
{
    private const int FolderNameLength = 16;
    private const int SegmentNameLength = 12;

    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = false, ReturnSpecialDirectories = false };

    /// <summary>Finds what is wrong.</summary>
    /// <param name="up">The folder.</param>
    /// <param name="bounds">What may be in it.</param>
    /// <returns>A sentence, or null when all is well.</returns>
    public static string? Check(string up, FolderBounds bounds)
    {
        int folders = 0, files = 0;
        long bytes = 0;
        try
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(up).EnumerateFileSystemInfos("*", s_everything))
            {
                if (Wrong(entry) is { } wrong)
                {
                    return wrong;
                }

                if (entry is not DirectoryInfo folder || !IsFolderName(entry.Name))
                {
                    return $"it made '{Shown(entry)}' in the channel's folder";
                }

                if (++folders > bounds.MaxFolders)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"it made more than {bounds.MaxFolders} connections");
                }

                if (Check(folder, bounds, ref files, ref bytes) is { } inside)
                {
                    return inside;
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            return Directory.Exists(up) ? null : "the channel's folder is gone"; // A connection's folder may go while it is looked at.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the channel's folder can't be looked at ({e.Message})";
        }

        return null;
    }

    private static string? Check(DirectoryInfo folder, FolderBounds bounds, ref int files, ref long bytes)
    {
        try
        {
            foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", s_everything))
            {
                if (Wrong(entry) is { } wrong)
                {
                    return wrong;
                }

                if (entry is not FileInfo file || !IsSegmentName(entry.Name))
                {
                    return $"it made '{Shown(entry)}' in a connection's folder";
                }

                if (++files > bounds.MaxFiles)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"it made more than {bounds.MaxFiles} files");
                }

                long length = Length(file);
                if (length > bounds.MaxFileBytes || (bytes += length) > bounds.MaxBytes)
                {
                    return $"it wrote more than {ByteSize.Format(length > bounds.MaxFileBytes ? bounds.MaxFileBytes : bounds.MaxBytes)} into the channel's folder";
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The connection has ended and its folder is gone.
        }

        return null;
    }

    /// <summary>Something that could lead elsewhere, or that is no file.</summary>
    private static string? Wrong(FileSystemInfo entry) =>
        (entry.Attributes & (FileAttributes.ReparsePoint | FileAttributes.Device)) != 0 && entry.Attributes != (FileAttributes)(-1)
            ? $"it made a link or device '{Shown(entry)}' in the channel's folder"
            : null;

    private static long Length(FileInfo file)
    {
        try
        {
            long length = file.Length;
            return OperatingSystem.IsWindows() ? length + Native.FileStreams.AlternateBytes(file.FullName) : length;
        }
        catch (FileNotFoundException)
        {
            return 0; // Deleted meanwhile.
        }
    }

    private static bool IsFolderName(string name) => name.Length == FolderNameLength && name.All(char.IsAsciiHexDigitLower);

    private static bool IsSegmentName(string name) =>
        name.Length == SegmentNameLength && name.EndsWith(".seg", StringComparison.Ordinal) && name.AsSpan(0, 8).IndexOfAnyExceptInRange('0', '9') < 0;

    private static string Shown(FileSystemInfo entry) => Connection.GuestText.Clean(entry.Name);
}
