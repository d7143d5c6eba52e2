namespace AgentSandbox.State;

/// <summary>
/// Says "a command runs" for as long as it is held, to a supervisor that stops idle sandboxes. Kept by the host's processes, not by the guest's
/// word: a guest that wants to live on can't claim to be busy.
/// </summary>
internal sealed class ActivityLease : IDisposable
{
    private readonly string _path;
    private readonly FileLock? _lock;

    private ActivityLease(string path, FileLock? taken)
    {
        _path = path;
        _lock = taken;
    }

    /// <summary>Takes the lease.</summary>
    /// <param name="path">The activity file of the sandbox.</param>
    /// <returns>The lease.</returns>
    public static ActivityLease Take(string path)
    {
        var lease = new ActivityLease(path, FileLock.TryTake(path, shared: true));
        lease.Touch();
        return lease;
    }

    /// <summary>Gives it back; the idle time begins now.</summary>
    public void Dispose()
    {
        Touch();
        _lock?.Dispose();
    }

    private void Touch()
    {
        try
        {
            File.SetLastWriteTimeUtc(_path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The sandbox was removed meanwhile; nobody measures its idle time any more.
        }
    }
}
