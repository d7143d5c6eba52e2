namespace AgentSandbox.Connection.FileChannel;

/// <summary>The folder of an end that trusts the other: the guest's, where neither of the host's calls for it exists (Mono).</summary>
internal sealed class PlainIncomingFolder(string folder) : IncomingFolder
{
    /// <summary>Opens a folder.</summary>
    /// <param name="parent">Where it is.</param>
    /// <param name="id">Its name.</param>
    /// <returns>The folder, or null when it is not there.</returns>
    public static IncomingFolder? TryOpenFolder(string parent, string id)
    {
        string path = Path.Combine(parent, id);
        return Directory.Exists(path) ? new PlainIncomingFolder(path) : null;
    }

    /// <inheritdoc/>
    public override FileStream? TryOpen(string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1) : null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
