using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State.Windows;

namespace AgentSandbox.State;

/// <summary>
/// An open-file-description lock (fcntl(2), F_OFD_SETLK): it ends with the process that holds it, however that ends, and others can ask
/// whether it is held without taking it, so a question never disturbs a process that is about to lock. On Windows see <see cref="WindowsFileLock"/>.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int F_OFD_GETLK = 36;
    private const int F_OFD_SETLK = 37;
    private const short F_RDLCK = 0;
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;
    private readonly IDisposable _file;

    private FileLock(IDisposable file) => _file = file;

    /// <summary>Takes the lock if it is free.</summary>
    /// <param name="path">The lock's file, made when missing.</param>
    /// <param name="shared">Others may hold it too, if they share it as well.</param>
    /// <returns>The lock, or null when another process (or another part of this one) holds it.</returns>
    public static unsafe FileLock? TryTake(string path, bool shared = false)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsFileLock.TryTake(path, shared) is { } taken ? new FileLock(taken) : null;
        }

        var file = FileDescriptor.Open(path, Libc.O_RDWR | Libc.O_CREAT, 0x180);
        var request = new Libc.Flock { Type = shared ? F_RDLCK : F_WRLCK };
        if (Libc.FcntlLock(file.Value, F_OFD_SETLK, &request) == 0)
        {
            return new FileLock(file);
        }

        int errno = Errno.Last;
        file.Dispose();
        return errno is Errno.EAGAIN or Errno.EACCES ? null : throw Errno.Exception($"lock {path}", errno);
    }

    /// <summary>Waits for the lock.</summary>
    /// <param name="path">The lock's file.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The lock, or null when it was held all that time.</returns>
    public static async Task<FileLock?> TakeAsync(string path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (clock.Elapsed > timeout)
            {
                return null;
            }

            await Task.Delay(5, cancellationToken);
        }
    }

    /// <summary>Asks whether anybody holds the lock.</summary>
    /// <param name="path">The lock's file.</param>
    /// <returns>False also when the file does not exist.</returns>
    public static unsafe bool IsHeld(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsFileLock.IsHeld(path);
        }

        int fd = Libc.Open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last == Errno.ENOENT ? false : throw Errno.Exception($"open {path}", Errno.Last);
        }

        using var file = new FileDescriptor(fd);
        var question = new Libc.Flock { Type = F_WRLCK };
        Errno.Check(Libc.FcntlLock(fd, F_OFD_GETLK, &question), $"query lock {path}");
        return question.Type != F_UNLCK;
    }

    /// <summary>
    /// Deletes a folder and all that is in it, while this process may hold locks of files in it. Some file systems of Windows keep a deleted file until
    /// it is closed, and its folder with it: there the folder goes with the last of those locks.
    /// </summary>
    /// <param name="folder">The folder.</param>
    public static void DeleteFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFolderDeletion.Delete(folder);
        }
        else
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (OperatingSystem.IsWindows())
        {
            WindowsFolderDeletion.Finish();
        }
    }
}
