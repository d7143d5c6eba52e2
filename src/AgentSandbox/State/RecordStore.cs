using System.Globalization;
using System.Security.Cryptography;
using AgentSandbox.State.Windows;

namespace AgentSandbox.State;

/// <summary>
/// The sandboxes on this machine, shared by all processes without a daemon: a folder per sandbox, and beside them one file per taken name
/// and per taken range of ids, made with O_EXCL so that two processes can't take the same.
/// </summary>
internal sealed class RecordStore
{
    private const string RecordFile = "sandbox.json";
    private const string CreatingFile = "creating.lock";
    private readonly SandboxHome _home;

    public RecordStore(SandboxHome home) => _home = home;

    private string Names => Path.Combine(_home.Data, "names");

    private string IdBases => Path.Combine(_home.Data, "ids");

    /// <summary>Makes the folders, closed to others.</summary>
    public void EnsureFolders()
    {
        foreach (string folder in new[] { _home.Data, _home.Runtime, _home.Sandboxes, Names, IdBases })
        {
            PrivateFolder.Create(folder);
        }
    }

    /// <summary>Takes a name, an id and a range of ids, and stores the record. The lock says "being created" for as long as this process lives.</summary>
    /// <param name="specification">With defaults; a name is made up when it has none.</param>
    /// <param name="created">Time of creation.</param>
    /// <param name="throwAway">See <see cref="SandboxRecord.ThrowAway"/>.</param>
    /// <param name="diskIdBase">See <see cref="SandboxRecord.DiskIdBase"/>.</param>
    /// <returns>The record and the lock.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.NameInUse"/>.</exception>
    public (SandboxRecord Record, FileLock Creating) Add(SandboxSpecification specification, DateTimeOffset created, bool throwAway, uint? diskIdBase = null)
    {
        EnsureFolders();
        string id = Convert.ToHexString(RandomNumberGenerator.GetBytes(6)).ToLowerInvariant();
        string name = specification.Name ?? $"sandbox-{id[..8]}";
        string folder = _home.SandboxData(id);
        PrivateFolder.Create(folder);
        FileLock creating = FileLock.TryTake(Path.Combine(folder, CreatingFile)) ?? throw new InvalidOperationException("A new folder's lock is held.");
        bool hasName = false;
        uint idBase = 0;
        try
        {
            hasName = TryReserve(NameFile(name), id) || (ReleaseStale(NameFile(name)) && TryReserve(NameFile(name), id));
            if (!hasName)
            {
                throw new SandboxException(SandboxErrorId.NameInUse, $"A sandbox named '{name}' exists already.", $"Choose another name, or remove it: Remove-AgentSandbox {name}", name);
            }

            idBase = ReserveIdBase(id);
            var record = new SandboxRecord
            {
                Id = id,
                Name = name,
                Specification = specification with { Name = name },
                Created = created,
                Expires = specification.TimeToLive is { } timeToLive ? created + timeToLive : null,
                ThrowAway = throwAway,
                IdBase = idBase,
                DiskIdBase = diskIdBase,
            };
            StateFile.Write(Path.Combine(folder, RecordFile), record, StateJson.Default.SandboxRecord);
            return (record, creating);
        }
        catch
        {
            if (idBase != 0)
            {
                File.Delete(IdBaseFile(idBase));
            }

            if (hasName)
            {
                File.Delete(NameFile(name));
            }

            creating.Dispose();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Says that a sandbox is complete.</summary>
    public void Complete(SandboxRecord record, FileLock creating)
    {
        File.Delete(Path.Combine(_home.SandboxData(record.Id), CreatingFile));
        creating.Dispose();
    }

    /// <summary>True when the process that was creating the sandbox is dead for certain, whatever it has left.</summary>
    public bool WasAbandoned(string id) => !IsBeingCreated(id) && IsIncomplete(id); // In this order: who completes a sandbox deletes the file and then lets the lock go.

    /// <summary>True while the creation has not been completed.</summary>
    public bool IsIncomplete(string id) => File.Exists(Path.Combine(_home.SandboxData(id), CreatingFile));

    /// <summary>True while the process that creates the sandbox lives.</summary>
    public bool IsBeingCreated(string id) => FileLock.IsHeld(Path.Combine(_home.SandboxData(id), CreatingFile));

    /// <summary>Ids of all folders, also of those whose record is not there (yet, or any more).</summary>
    public IReadOnlyList<string> Ids() =>
        Directory.Exists(_home.Sandboxes) ? [.. Directory.EnumerateDirectories(_home.Sandboxes).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)] : [];

    /// <summary>Reads a record.</summary>
    /// <returns>The record, or null when there is none.</returns>
    public SandboxRecord? TryRead(string id) => StateFile.TryRead(Path.Combine(_home.SandboxData(id), RecordFile), StateJson.Default.SandboxRecord);

    /// <summary>Finds the id of a name.</summary>
    /// <returns>The id, or null.</returns>
    public string? TryFindByName(string name)
    {
        try
        {
            return StateFile.ReadText(NameFile(name));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Forgets a sandbox whose storage is gone: name and ids become free, the folder goes last.</summary>
    public void Forget(string id)
    {
        SandboxRecord? record = TryRead(id);
        if (record is not null)
        {
            DeleteIfOwned(NameFile(record.Name), id);
            DeleteIfOwned(IdBaseFile(record.IdBase), id);
        }
        else
        {
            // Its creator was killed before the record was there, so only the reservations themselves say whose they are.
            foreach (string file in new[] { Names, IdBases }.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles))
            {
                DeleteIfOwned(file, id);
            }
        }

        if (Directory.Exists(_home.SandboxData(id)))
        {
            FileLock.DeleteFolder(_home.SandboxData(id));
        }
    }

    private static void DeleteIfOwned(string file, string id)
    {
        try
        {
            if (File.Exists(file) && StateFile.ReadText(file) == id)
            {
                WindowsRetry.Run(() => File.Delete(file));
            }
        }
        catch (FileNotFoundException)
        {
            // Another process was faster; it is gone, which is all that matters.
        }
    }

    private uint ReserveIdBase(string id)
    {
        // 0x80000-0x6FFF0000 in steps of 65536: systemd's own range for containers and above, below the 2^31 that some tools stumble over.
        const int First = 0x8, Last = 0x6FFF;
        for (int attempt = 0; attempt < 100_000; attempt++)
        {
            uint idBase = (uint)RandomNumberGenerator.GetInt32(First, Last + 1) << 16;
            if (TryReserve(IdBaseFile(idBase), id) || (attempt > 50_000 && ReleaseStale(IdBaseFile(idBase)) && TryReserve(IdBaseFile(idBase), id)))
            {
                return idBase;
            }
        }

        throw new SandboxException(SandboxErrorId.StateFailed, "Every range of user ids is taken.", "Remove sandboxes that are no longer needed.");
    }

    private bool TryReserve(string file, string id)
    {
        // Link, not create-then-write: whoever sees the file sees its content. In the sandbox's own folder, with which it goes after a kill.
        string temporary = Path.Combine(_home.SandboxData(id), $"{Guid.NewGuid():N}.tmp");
        File.WriteAllText(temporary, id);
        try
        {
            return HardLink.TryCreate(temporary, file);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Frees a reservation whose sandbox does not exist any more, because a process was killed between two steps.</summary>
    private bool ReleaseStale(string file)
    {
        string id;
        try
        {
            id = StateFile.ReadText(file);
        }
        catch (FileNotFoundException)
        {
            return true;
        }

        if (Directory.Exists(_home.SandboxData(id)))
        {
            return false;
        }

        File.Delete(file);
        return true;
    }

    private string NameFile(string name) => Path.Combine(Names, name.ToLowerInvariant());

    private string IdBaseFile(uint idBase) => Path.Combine(IdBases, idBase.ToString("x8", CultureInfo.InvariantCulture));
}
