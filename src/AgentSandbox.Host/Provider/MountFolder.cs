using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using AgentSandbox.State;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Host.Provider;

/// <summary>
/// The copies of what one sandbox mounts from a drive of Windows: a folder per sandbox, which goes when no sandbox's record names it any more. Held while the
/// sandbox is being made, so that nobody sweeps it before there is a record.
/// </summary>
internal sealed class MountFolder : IDisposable
{
    private const string LockFile = "making.lock";
    private static readonly byte[] s_itemName = [.. "item"u8, 0];

    /// <summary>From the host itself, but bounded all the same: its owner may have mistyped. Links in it are the sandbox's to follow, in the sandbox.</summary>
    private static readonly ExtractPolicy s_policy = ExtractPolicy.IntoSandbox with { MaxBytes = 4L << 30, MaxEntries = 600_000 };

    private readonly FileLock? _making;

    private MountFolder(IReadOnlyList<SandboxMount> mounts, FileLock? making)
    {
        Mounts = mounts;
        _making = making;
    }

    /// <summary>The mounts, with the copies for sources.</summary>
    public IReadOnlyList<SandboxMount> Mounts { get; }

    /// <summary>Receives the copies.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="mounts">All mounts.</param>
    /// <param name="copied">Which of them come as copies, in the order in which they come.</param>
    /// <param name="input">Where they come from.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="SandboxException">One can't be made.</exception>
    public static MountFolder Receive(SandboxHome home, IReadOnlyList<SandboxMount> mounts, IReadOnlyList<int> copied, Stream input)
    {
        if (copied.Count == 0)
        {
            return new MountFolder(mounts, null);
        }

        Sweep(home);
        string folder = Path.Combine(Folder(home), Guid.NewGuid().ToString("N"));
        PrivateFolder.Create(folder);
        FileLock making = FileLock.TryTake(Path.Combine(folder, LockFile)) ?? throw new InvalidOperationException("A new folder's lock is held.");
        try
        {
            SandboxMount[] changed = [.. mounts];
            foreach (int i in copied)
            {
                if (i < 0 || i >= changed.Length || !changed[i].ReadOnly)
                {
                    throw ProviderCall.Incomplete(nameof(ProviderRequest.CopiedMounts));
                }

                string place = Path.Combine(folder, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
                PrivateFolder.Create(place);
                Extract(place, input, changed[i].Source);
                changed[i] = changed[i] with { Source = Path.Combine(place, "item") };
            }

            return new MountFolder(changed, making);
        }
        catch
        {
            making.Dispose();
            SafeDelete.Tree(folder);
            throw;
        }
    }

    /// <summary>Deletes the copies that no sandbox has any more, however it ended.</summary>
    /// <param name="home">The state folder.</param>
    public static void Sweep(SandboxHome home)
    {
        string all = Folder(home);
        if (!Directory.Exists(all))
        {
            return;
        }

        // The folders first, then the records: a record is there before its folder's lock is given back.
        string[] free = [.. Directory.EnumerateDirectories(all).Where(f => !FileLock.IsHeld(Path.Combine(f, LockFile)))];
        var store = new RecordStore(home);
        string[] used = [.. store.Ids().Select(store.TryRead).OfType<SandboxRecord>().SelectMany(r => r.Specification.Mounts).Select(m => m.Source)];
        foreach (string folder in free.Where(f => !used.Any(u => u.StartsWith(f + "/", StringComparison.Ordinal))))
        {
            SafeDelete.Tree(folder);
        }
    }

    /// <summary>The sandbox has been made, or will not be.</summary>
    public void Dispose() => _making?.Dispose();

    private static void Extract(string place, Stream input, string source)
    {
        try
        {
            using SafeFileHandle destination = LinuxFile.Open(place, OpenFlags.PathOnly | OpenFlags.Folder);
            var chunks = new ChunkedStream(input);
            using var extractor = new SafeTarExtractor(LinuxFolderFiles.Instance, chunks, destination, s_itemName, s_policy);
            extractor.Run(CancellationToken.None);
            byte[] rest = new byte[4096];
            while (chunks.Read(rest) > 0)
            {
                // Up to the end that says that nothing was cut off.
            }
        }
        catch (ArchiveException e)
        {
            throw new SandboxException(SandboxErrorId.CopyRefused, $"'{source}' can't be copied into the distribution: {e.Message}", "Mount a smaller folder.", source, e);
        }
        catch (NativeIOException e)
        {
            throw new SandboxException(SandboxErrorId.CopyFailed, $"'{source}' can't be copied into the distribution: {e.Message}", "Free space in the distribution.", source, e);
        }
    }

    private static string Folder(SandboxHome home) => Path.Combine(home.Data, "mounts");
}
