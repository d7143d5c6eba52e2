namespace AgentSandbox.Backends.Linux.Native;

/// <summary>Owns a file descriptor.</summary>
internal sealed class FileDescriptor(int value) : IDisposable
{
    public int Value { get; private set; } = value;

    /// <summary>Opens a path; the descriptor is closed on exec.</summary>
    public static FileDescriptor Open(string path, int flags, uint mode = 0) =>
        new(Errno.Check(Libc.Open(path, flags | Libc.O_CLOEXEC, mode), $"open {path}"));

    public void Dispose()
    {
        if (Value >= 0)
        {
            _ = Libc.Close(Value); // Nothing was written through it, so there is no late error to see.
            Value = -1;
        }
    }
}
