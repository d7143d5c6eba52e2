using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Files;

/// <summary>
/// Opens folders below a base, one component at a time, none of them through a link: what openat2(2) does with RESOLVE_BENEATH and
/// RESOLVE_NO_SYMLINKS, on every system. Components must have been checked: never ".." or with a slash. The way to the last folder stays open, since
/// archives come folder by folder.
/// </summary>
internal sealed class FolderStack(IFolderFiles files, SafeFileHandle root) : IDisposable
{
    private readonly List<(byte[] Name, SafeFileHandle Handle)> _open = [];

    /// <summary>Makes a folder that is missing on the way: (its parent, its name) to errno(3) or 0. Null when none may be made.</summary>
    public Func<SafeFileHandle, byte[], int>? MakeMissing { get; init; }

    /// <summary>Opens a folder. The stack owns the handle; it is valid until the next call.</summary>
    /// <param name="components">The way from the base; each ends in NUL.</param>
    /// <param name="errno">Why not, when the result is null. A link on the way is ENOTDIR.</param>
    /// <returns>The folder, or null.</returns>
    public SafeFileHandle? TryEnter(ReadOnlySpan<byte[]> components, out int errno)
    {
        int common = 0;
        while (common < _open.Count && common < components.Length && _open[common].Name.AsSpan().SequenceEqual(components[common]))
        {
            common++;
        }

        Shrink(common);
        SafeFileHandle folder = common == 0 ? root : _open[^1].Handle;
        for (int i = common; i < components.Length; i++)
        {
            SafeFileHandle? next = files.TryOpenFolder(folder, components[i], follow: false, out errno);
            if (next is null && errno == Errno.NoEntry && MakeMissing is not null)
            {
                errno = MakeMissing(folder, components[i]);
                next = errno is 0 or Errno.Exists ? files.TryOpenFolder(folder, components[i], follow: false, out errno) : null;
            }

            if (next is null)
            {
                return null;
            }

            _open.Add((components[i], next));
            folder = next;
        }

        errno = 0;
        return folder;
    }

    /// <inheritdoc/>
    public void Dispose() => Shrink(0);

    private void Shrink(int count)
    {
        for (int i = _open.Count - 1; i >= count; i--)
        {
            _open[i].Handle.Dispose();
            _open.RemoveAt(i);
        }
    }
}
