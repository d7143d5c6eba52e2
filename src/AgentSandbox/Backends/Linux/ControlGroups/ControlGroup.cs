using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.ControlGroups;

/// <summary>
/// The control group of one sandbox: its limits, its use of resources, and the list of its processes that no process can leave, which is
/// how all of them are ended. Version 2 is one folder; version 1 is one folder per controller; on a hybrid machine the version 2 tree,
/// which has no controllers there, still lists and kills.
/// </summary>
internal sealed class ControlGroup
{
    private const string ParentName = "agentsandbox";
    private readonly ControlGroupHierarchy _hierarchy;
    private readonly string _id;

    public ControlGroup(ControlGroupHierarchy hierarchy, string id)
    {
        _hierarchy = hierarchy;
        _id = id;
    }

    /// <summary>Folders of this group, one per hierarchy.</summary>
    public IEnumerable<string> Folders => _hierarchy.Roots.Select(Folder);

    /// <summary>Makes the group and sets its limits.</summary>
    /// <param name="limits">The limits; 0 is none.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.NotEnforceable"/>: this machine has no controller for a limit that was asked for.</exception>
    public void Create(SandboxLimits limits)
    {
        foreach (string root in _hierarchy.Roots)
        {
            CreateFolder(root);
        }

        if (limits.Memory > 0)
        {
            Require("memory", "Memory");
            if (_hierarchy.IsUnified)
            {
                Write("memory", "memory.max", limits.Memory);
                WriteIfPresent("memory", "memory.swap.max", 0);
            }
            else
            {
                Write("memory", "memory.limit_in_bytes", limits.Memory);
                WriteIfPresent("memory", "memory.memsw.limit_in_bytes", limits.Memory); // Absent where swap is not accounted.
            }
        }

        if (limits.Pids > 0)
        {
            Require("pids", "PidLimit");
            Write("pids", "pids.max", limits.Pids);
        }

        if (limits.Cpu > 0)
        {
            Require("cpu", "Cpu");
            const int Period = 100_000;
            long quota = Math.Max(1000, (long)(limits.Cpu * Period));
            if (_hierarchy.IsUnified)
            {
                File.WriteAllText(Path.Combine(Folder(_hierarchy.RootOf("cpu")!), "cpu.max"), string.Create(CultureInfo.InvariantCulture, $"{quota} {Period}"));
            }
            else
            {
                Write("cpu", "cpu.cfs_period_us", Period);
                Write("cpu", "cpu.cfs_quota_us", quota);
            }
        }
    }

    /// <summary>
    /// Bounds the groups that the sandbox may make below its own: no path of one becomes too long to be named, and taking them away stays quick.
    /// </summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.NotEnforceable"/>: this machine has no control groups of version 2.</exception>
    public void BoundChildren()
    {
        string group = Folder(_hierarchy.VersionTwoRoot
            ?? throw new SandboxException(SandboxErrorId.NotEnforceable, "This machine has no control groups of version 2, so ControlGroups can't be allowed.", "Leave ControlGroups out.", "Allow"));
        File.WriteAllText(Path.Combine(group, "cgroup.max.depth"), "10"); // Of at most 255 bytes each, below the 4095 of a path.
        File.WriteAllText(Path.Combine(group, "cgroup.max.descendants"), "256");
    }

    /// <summary>Sends a signal to every process in the group except some.</summary>
    /// <param name="signal">Number, signal(7).</param>
    /// <param name="except">Processes to leave alone.</param>
    /// <returns>How many were signalled.</returns>
    public int Signal(int signal, IReadOnlyCollection<int> except)
    {
        int count = 0;
        foreach (int pid in Processes().Where(p => !except.Contains(p)))
        {
            // Between the list and the signal a process may end; its id can't be given out again so soon.
            count += Libc.Kill(pid, signal) == 0 ? 1 : 0;
        }

        return count;
    }

    /// <summary>Ends every process in the group, whatever it does against that, and waits until the kernel has let go of them.</summary>
    /// <param name="timeout">How long to try.</param>
    /// <returns>False when processes are left (for example in an uninterruptible wait).</returns>
    public bool KillAll(TimeSpan timeout)
    {
        var clock = Stopwatch.StartNew();
        for (int round = 0; ; round++)
        {
            foreach (string folder in Folders)
            {
                KillAtOnce(Path.Combine(folder, "cgroup.kill"));
            }

            int signalled = Signal(Libc.SIGKILL, []);
            if (OldFreezeFile is { } held)
            {
                Release(held, "THAWED"); // Who is held by version 1 dies only when it is let go.
            }

            if (signalled == 0 && Processes().Count == 0)
            {
                return true;
            }

            if (clock.Elapsed > timeout)
            {
                return false;
            }

            Thread.Sleep(round < 20 ? 1 : 10);
        }
    }

    /// <summary>Atomic: also catches what forks meanwhile. Linux 5.14; older kernels and version 1 don't have the file.</summary>
    private static void KillAtOnce(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        try
        {
            File.WriteAllText(file, "1");
        }
        catch (IOException e) when (e is DirectoryNotFoundException or FileNotFoundException || e.HResult == Errno.ENODEV)
        {
            // The supervisor, or another process at the same work, has just deleted the group: it had no processes any more.
        }
    }

    /// <summary>
    /// The file that holds and lets go of all processes in the group, with the words that do: cgroup.freeze of version 2, else freezer.state of version 1. Null where there is neither.
    /// </summary>
    public (string File, string Hold, string Release)? FreezeFile =>
        Folders.Select(f => Path.Combine(f, "cgroup.freeze")).FirstOrDefault(File.Exists) is { } two ? (two, "1", "0")
        : OldFreezeFile is { } one ? (one, "FROZEN", "THAWED")
        : null;

    /// <summary>True when every process in the group is held.</summary>
    public bool IsFrozen =>
        FreezeFile is { } freeze
        && (freeze.Hold == "1" ? ReadLines(Path.Combine(Path.GetDirectoryName(freeze.File)!, "cgroup.events")).Contains("frozen 1") : ReadLines(freeze.File) is [var state] && state == freeze.Hold);

    /// <summary>Holds every process in the group. With version 2 they can still be killed; with version 1 they die when they are let go, which <see cref="KillAll"/> does.</summary>
    /// <param name="timeout">How long to wait until all are.</param>
    /// <returns>False when one is not held by then; it may be later.</returns>
    public bool Freeze(TimeSpan timeout)
    {
        if (FreezeFile is not { } freeze)
        {
            return false;
        }

        File.WriteAllText(freeze.File, freeze.Hold);
        var clock = Stopwatch.StartNew();
        while (!IsFrozen)
        {
            if (clock.Elapsed > timeout)
            {
                return false;
            }

            Thread.Sleep(1);
        }

        return true;
    }

    /// <summary>Lets every process in the group run on. Does nothing where the group, or what holds it, is not there.</summary>
    public void Thaw()
    {
        if (FreezeFile is { } freeze)
        {
            Release(freeze.File, freeze.Release);
        }
    }

    private string? OldFreezeFile => _hierarchy.FreezerRoot is { } root && Path.Combine(Folder(root), "freezer.state") is var file && File.Exists(file) ? file : null;

    private static void Release(string file, string word)
    {
        try
        {
            File.WriteAllText(file, word);
        }
        catch (IOException e) when (e is DirectoryNotFoundException or FileNotFoundException || e.HResult == Errno.ENODEV)
        {
            // The group ended meanwhile: nothing is held any more.
        }
    }

    /// <summary>Deletes the group, its children first. All processes must have been ended.</summary>
    /// <param name="timeout">How long to try: the kernel lets go of a dead process a moment after it is gone.</param>
    public void Delete(TimeSpan timeout)
    {
        foreach (string root in _hierarchy.Roots)
        {
            var clock = Stopwatch.StartNew();
            while (!TryDeleteTree(Folder(root)))
            {
                if (clock.Elapsed > timeout)
                {
                    throw new SandboxException(
                        SandboxErrorId.CleanupFailed,
                        $"The control group {Folder(root)} can't be deleted: it still has processes.",
                        "Look at its cgroup.procs, and remove the sandbox again.",
                        _id);
                }

                Thread.Sleep(1);
            }

            // The parent goes with its last child; while there are others this fails, and that is fine.
            _ = RemoveDirectory(Path.Combine(root, ParentName));
        }
    }

    /// <summary>Ids of all processes in the group, as the host counts.</summary>
    /// <returns>The ids; none when the group does not exist.</returns>
    public IReadOnlyCollection<int> Processes()
    {
        var all = new HashSet<int>();
        foreach (string folder in Folders.Where(Directory.Exists))
        {
            foreach (string child in Tree(folder))
            {
                foreach (string line in ReadLines(Path.Combine(child, "cgroup.procs")))
                {
                    if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
                    {
                        all.Add(pid);
                    }
                }
            }
        }

        return all;
    }

    /// <summary>Bytes of memory in use; null when not accounted here.</summary>
    public long? MemoryUsage() => ReadNumber("memory", _hierarchy.IsUnified ? "memory.current" : "memory.usage_in_bytes");

    /// <summary>CPU time used; null when not accounted here.</summary>
    public TimeSpan? CpuTime()
    {
        if (!_hierarchy.IsUnified)
        {
            return ReadNumber("cpuacct", "cpuacct.usage") is { } nanoseconds ? TimeSpan.FromTicks(nanoseconds / 100) : null;
        }

        string? line = _hierarchy.RootOf("cpu") is { } root ? ReadLines(Path.Combine(Folder(root), "cpu.stat")).FirstOrDefault(l => l.StartsWith("usage_usec ", StringComparison.Ordinal)) : null;
        return long.TryParse(line?["usage_usec ".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) ? TimeSpan.FromMicroseconds(microseconds) : null;
    }

    private string Folder(string root) => Path.Combine(root, ParentName, _id);

    private void CreateFolder(string root)
    {
        string parent = Path.Combine(root, ParentName);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.CreateDirectory(parent);
                if (_hierarchy.IsUnified)
                {
                    ControlGroupHierarchy.EnableControllers(root);
                    ControlGroupHierarchy.EnableControllers(parent);
                }

                Directory.CreateDirectory(Folder(root));
                return;
            }
            catch (IOException) when (attempt < 200)
            {
                Thread.Sleep(1); // Another process removed the empty parent between two of these calls.
            }
        }
    }

    private void Require(string controller, string parameter)
    {
        if (_hierarchy.RootOf(controller) is null)
        {
            throw new SandboxException(
                SandboxErrorId.NotEnforceable,
                $"This machine has no '{controller}' control group, so {parameter} can't be enforced.",
                $"Enable the controller, or ask for no limit with -{parameter} 0.",
                parameter);
        }
    }

    private void Write(string controller, string file, long value) =>
        File.WriteAllText(Path.Combine(Folder(_hierarchy.RootOf(controller)!), file), value.ToString(CultureInfo.InvariantCulture));

    private void WriteIfPresent(string controller, string file, long value)
    {
        if (File.Exists(Path.Combine(Folder(_hierarchy.RootOf(controller)!), file)))
        {
            Write(controller, file, value);
        }
    }

    private long? ReadNumber(string controller, string file) =>
        _hierarchy.RootOf(controller) is { } root
        && long.TryParse(ReadLines(Path.Combine(Folder(root), file)).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : null;

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return []; // The group was deleted between two looks (ENOENT, ENODEV): it has no processes and uses nothing.
        }
    }

    private static List<string> Tree(string folder)
    {
        var folders = new List<string>();
        try
        {
            foreach (string child in Directory.EnumerateDirectories(folder))
            {
                folders.AddRange(Tree(child));
            }
        }
        catch (DirectoryNotFoundException)
        {
            return []; // Deleted meanwhile.
        }

        folders.Add(folder);
        return folders;
    }

    private static bool TryDeleteTree(string folder) => Tree(folder).All(RemoveDirectory) && !Directory.Exists(folder);

    private static bool RemoveDirectory(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false; // Busy: the caller decides whether to try again.
        }
    }
}
