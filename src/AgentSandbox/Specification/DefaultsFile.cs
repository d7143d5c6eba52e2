using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox;

/// <summary>
/// Reads the file of a user's defaults, if nobody but that user and root can have written it: it can say what is mounted into each new sandbox, and with sudo it would be
/// another user's file that root obeys. As ssh(1) does with its own.
/// </summary>
internal static class DefaultsFile
{
    private const int MaxBytes = 1 << 20;
    private const uint Regular = 0x8000; // S_IFREG
    private const uint WritableByOthers = 0x12; // S_IWGRP | S_IWOTH

    /// <summary>Reads it.</summary>
    /// <param name="path">Absolute path.</param>
    /// <returns>The content; null when there is no file.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.DefaultsFailed"/>.</exception>
    public static byte[]? TryRead(string path)
    {
        // Also false where this user may not look into the folder, as with sudo -u and another's $HOME: then it is not this user's.
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using SafeFileHandle file = Open(path);
            long length = RandomAccess.GetLength(file);
            if (length > MaxBytes)
            {
                throw SandboxDefaults.Failed(path, $"It has {ByteSize.Format(length)}; a specification has at most {ByteSize.Format(MaxBytes)}.", "Remove it.");
            }

            byte[] content = new byte[length];
            int count = RandomAccess.Read(file, content, 0);
            return content[..count];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SandboxDefaults.Failed(path, error.Message, "Check its permissions, or remove it.", error);
        }
    }

    private static SafeFileHandle Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.OpenHandle(path); // On Windows the folder is the user's own by its access list.
        }

        SafeFileHandle file = LinuxFile.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal); // A fifo must not hold us up.
        try
        {
            // Of what is open, not of the path: that could be another file a moment later.
            StatX found = LinuxFile.Stat(file);
            string? wrong = found.Type != Regular ? "It is no file."
                : found.User != 0 && found.User != Native.EffectiveUser() ? "It belongs to another user."
                : (found.ModeAndType & WritableByOthers) != 0 ? "Others can write it."
                : null;
            return wrong is null ? file : throw SandboxDefaults.Failed(path, wrong, "Make it yours alone (chown, chmod go-w), or remove it.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
