using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>What an open file of Windows is, by its handle.</summary>
internal static unsafe class WindowsFileFacts
{
    /// <summary>1970 in 100 ns since 1601.</summary>
    private const long UnixEpoch = 116444736000000000;

    /// <summary>Permissions of archives that Windows writes: it has none that Linux would know.</summary>
    private const uint FileMode = 0x1A4, FolderMode = 0x1ED;

    /// <summary>Looks at a file.</summary>
    /// <param name="file">The file, opened as itself.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="NativeIOException">It does not say.</exception>
    public static FileFacts Of(SafeFileHandle file)
    {
        NtFile.BasicInformation basic = default;
        NtFile.StandardInformation standard = default;
        NtFile.IoStatusBlock io;
        uint status = NtFile.NtQueryInformationFile(file, &io, &basic, (uint)sizeof(NtFile.BasicInformation), NtFile.FileBasicInformation);
        if (status == 0)
        {
            status = NtFile.NtQueryInformationFile(file, &io, &standard, (uint)sizeof(NtFile.StandardInformation), NtFile.FileStandardInformation);
        }

        if (status != 0)
        {
            throw new NativeIOException(NtStatus.ToErrno(status), "look at a file", default);
        }

        FileKind kind = (basic.FileAttributes & NtFile.FILE_ATTRIBUTE_REPARSE_POINT) != 0 ? FileKind.ReparsePoint
            : (basic.FileAttributes & NtFile.FILE_ATTRIBUTE_DIRECTORY) != 0 ? FileKind.Folder
            : FileKind.File;
        return new FileFacts(kind, kind == FileKind.File ? standard.EndOfFile : 0, kind == FileKind.Folder ? FolderMode : FileMode, (basic.LastWriteTime - UnixEpoch) / 10_000_000);
    }
}
