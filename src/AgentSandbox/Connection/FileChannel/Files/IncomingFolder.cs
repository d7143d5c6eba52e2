using AgentSandbox.Protocol;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>
/// A folder that the other end of a channel writes to, open: what is opened in it is in it, whatever the other end puts in the folder's place
/// meanwhile, and is a file, never a link, a folder or a device.
/// </summary>
internal abstract class IncomingFolder : IDisposable
{
    /// <summary>Opens a file for reading; others may write and delete it.</summary>
    /// <param name="name">One component that this end made.</param>
    /// <returns>The file, or null when it is not there or the other end is about to make or delete it.</returns>
    /// <exception cref="ProtocolViolationException">Something other than a file is there.</exception>
    public abstract FileStream? TryOpen(string name);

    /// <summary>Closes the folder.</summary>
    public abstract void Dispose();

    /// <summary>The error for what is no ordinary file or folder.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The error.</returns>
    protected static ProtocolViolationException NotOrdinary(string name) =>
        new($"'{name}' in the folder of a file channel is a link or no ordinary file or folder.");
}
