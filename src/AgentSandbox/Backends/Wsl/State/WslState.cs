using System.Security.Cryptography;
using System.Text;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Wsl.State;

/// <summary>This backend's part of the state folder.</summary>
/// <param name="home">The state folder.</param>
internal sealed class WslState(SandboxHome home)
{
    private const string StandardName = "agentsandbox";

    /// <summary>Beginning of the name of a file that says "a sandbox is being made".</summary>
    private const string Pending = "pending-";

    /// <summary>The folder.</summary>
    public string Folder => Path.Combine(home.Data, "wsl");

    /// <summary>Name of the distribution: each state folder has one of its own.</summary>
    public string DistributionName { get; } = home.Root is null
        ? StandardName
        : $"{StandardName}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(OperatingSystem.IsWindows() ? home.Root.ToUpperInvariant() : home.Root)))[..8].ToLowerInvariant()}";

    /// <summary>Where the distribution's disk is when nobody says otherwise.</summary>
    public string DefaultLocation => Path.Combine(Folder, "disk");

    private string RecordFile => Path.Combine(Folder, "distribution.json");

    private string Index => Path.Combine(Folder, "sandboxes");

    /// <summary>Reads the record.</summary>
    /// <returns>The record; null when nothing was imported.</returns>
    public WslRecord? TryRead() => StateFile.TryRead(RecordFile, WslStateJson.Default.WslRecord);

    /// <summary>Stores the record.</summary>
    /// <param name="record">The record.</param>
    public void Write(WslRecord record)
    {
        PrivateFolder.Create(Folder);
        StateFile.Write(RecordFile, record, WslStateJson.Default.WslRecord);
    }

    /// <summary>Forgets the distribution and every sandbox in it, and deletes the folder of its disk when nothing is in that.</summary>
    public void Forget()
    {
        if (TryRead() is { } record)
        {
            DeleteIfEmpty(record.Location);
            File.Delete(RecordFile);
        }

        if (Directory.Exists(Index))
        {
            Directory.Delete(Index, recursive: true);
        }

        DeleteIfEmpty(Folder);
    }

    private static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>A sandbox may be there. Without one nobody is asked: a question starts the distribution.</summary>
    public bool MayHaveSandboxes => Directory.Exists(Index) && Directory.EnumerateFiles(Index).Any();

    /// <summary>Tells whether a sandbox is known. It may have ended since.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>True when it was there at the last look.</returns>
    public bool Has(string id) => IsId(id) && File.Exists(Path.Combine(Index, id));

    /// <summary>Says that a sandbox is about to be made: should this process be killed before it knows the id, the next look asks.</summary>
    /// <returns>To be handed to <see cref="Complete"/>.</returns>
    public string Begin()
    {
        PrivateFolder.Create(Index);
        string file = Path.Combine(Index, Pending + Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(file, []);
        return file;
    }

    /// <summary>Says how it went.</summary>
    /// <param name="pending">What <see cref="Begin"/> returned.</param>
    /// <param name="id">The sandbox's id; null when there is none.</param>
    public void Complete(string pending, string? id)
    {
        if (id is not null)
        {
            Remember(id);
        }

        File.Delete(pending);
    }

    /// <summary>Forgets a sandbox.</summary>
    /// <param name="id">Its id.</param>
    public void Forget(string id)
    {
        if (IsId(id) && Directory.Exists(Index))
        {
            File.Delete(Path.Combine(Index, id));
        }
    }

    /// <summary>What is known, before the distribution is asked; for <see cref="Learn"/>.</summary>
    /// <returns>Names of files.</returns>
    public IReadOnlyList<string> Known() => Directory.Exists(Index) ? [.. Directory.EnumerateFiles(Index).Select(f => Path.GetFileName(f)!)] : [];

    /// <summary>Takes the distribution's word for which sandboxes there are.</summary>
    /// <param name="before">What was known before it was asked; what came after that stays.</param>
    /// <param name="ids">The ids that it named.</param>
    public void Learn(IReadOnlyList<string> before, IReadOnlyCollection<string> ids)
    {
        foreach (string id in ids)
        {
            Remember(id);
        }

        foreach (string name in before.Where(name => !ids.Contains(name) && (IsId(name) || IsOld(name))))
        {
            File.Delete(Path.Combine(Index, name));
        }
    }

    /// <summary>Tells whether a text is an id of a sandbox.</summary>
    /// <param name="id">The text.</param>
    /// <returns>True for 12 hexadecimal digits.</returns>
    public static bool IsId(string? id) => id is { Length: 12 } && id.All(char.IsAsciiHexDigitLower);

    private void Remember(string id)
    {
        PrivateFolder.Create(Index);
        File.WriteAllBytes(Path.Combine(Index, id), []);
    }

    /// <summary>Its creator can't be at it any more.</summary>
    private bool IsOld(string pending) => pending.StartsWith(Pending, StringComparison.Ordinal) && DateTime.UtcNow - File.GetLastWriteTimeUtc(Path.Combine(Index, pending)) > TimeSpan.FromMinutes(10);
}
