using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying.Windows;

/// <summary>The errors of Windows that mean something to the archive code, in its own terms, which are errno(3).</summary>
internal static class NtStatus
{
    public const uint EndOfFile = 0xC0000011;
    public const uint NoMoreFiles = 0x80000006;
    public const uint NoSuchFile = 0xC000000F;

    /// <summary>Translates an NTSTATUS.</summary>
    /// <param name="status">The status; 0 is success.</param>
    /// <returns>0, errno(3), or the status itself where errno(3) has no word for it.</returns>
    public static int ToErrno(uint status) => status switch
    {
        0 => 0,
        0xC0000034 or 0xC000003A or NoSuchFile => Errno.NoEntry, // OBJECT_NAME_NOT_FOUND, OBJECT_PATH_NOT_FOUND
        0xC0000035 => Errno.Exists, // OBJECT_NAME_COLLISION
        0xC0000022 or 0xC0000121 => Errno.AccessDenied, // ACCESS_DENIED, CANNOT_DELETE
        0xC0000043 or 0xC0000056 or 0xC0000054 => Errno.Busy, // SHARING_VIOLATION, DELETE_PENDING, FILE_LOCK_CONFLICT
        0xC0000103 => Errno.NotFolder, // NOT_A_DIRECTORY
        0xC00000BA => Errno.IsFolder, // FILE_IS_A_DIRECTORY
        0xC0000033 or 0xC000003B => Errno.Invalid, // OBJECT_NAME_INVALID, OBJECT_PATH_SYNTAX_BAD
        0xC0000106 => Errno.NameTooLong,
        0xC000007F => Errno.NoSpace, // DISK_FULL
        0xC0000044 or 0xC0000802 => Errno.QuotaExceeded, // QUOTA_EXCEEDED, DISK_QUOTA_EXCEEDED
        0xC00000A2 => Errno.ReadOnlyFileSystem, // MEDIA_WRITE_PROTECTED
        0xC0000101 => Errno.NotEmpty, // DIRECTORY_NOT_EMPTY
        _ => unchecked((int)status), // Negative, so none of errno(3); the message shows it.
    };

    /// <summary>Translates an error code of Win32.</summary>
    /// <param name="error">The code.</param>
    /// <returns>errno(3).</returns>
    public static int FromWin32(uint error) => error switch
    {
        2 or 3 or 53 or 67 => Errno.NoEntry, // FILE_NOT_FOUND, PATH_NOT_FOUND, BAD_NETPATH, BAD_NET_NAME
        5 => Errno.AccessDenied,
        32 or 33 => Errno.Busy, // SHARING_VIOLATION, LOCK_VIOLATION
        123 or 161 => Errno.Invalid, // INVALID_NAME, BAD_PATHNAME
        206 => Errno.NameTooLong, // FILENAME_EXCED_RANGE
        267 => Errno.NotFolder, // DIRECTORY
        _ => Errno.InputOutput,
    };
}
