using System.Diagnostics;
using System.Security.AccessControl;
using System.Security.Principal;
using AgentSandbox.State;

namespace AgentSandbox.WindowsChecks.State;

/// <summary>The state folder: where it is, who may enter, locks, links, files that are replaced while they are read.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("windows")]
internal static class StateChecks
{
    public static (string, Action<CheckFolder>)[] All { get; } =
    [
        ("state: the standard folder is the user's own", _ =>
        {
            string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            Check.Same(Path.Combine(local, "AgentSandbox", "lib"), new SandboxHome(null).Data, "the data folder");
            Check.Same(Path.Combine(local, "AgentSandbox", "run"), new SandboxHome(null).Runtime, "the runtime folder");
            Check.Throws<SandboxException>(() => new SandboxHome(@"\relative").ToString(), "a path without a drive");
        }),
        ("state: a private folder is closed to others", folder =>
        {
            string path = folder.Sub(@"above\private");
            PrivateFolder.Create(path);
            PrivateFolder.Create(path);
            RequirePrivate(path);
            RequirePrivate(folder.Sub("above"));
        }),
        ("state: an open folder of one's own is closed or refused", folder =>
        {
            string path = folder.Sub("open");
            var security = new DirectorySecurity();
            security.AddAccessRule(new FileSystemAccessRule(new SecurityIdentifier(WellKnownSidType.WorldSid, null), FileSystemRights.FullControl, AccessControlType.Allow));
            new DirectoryInfo(path).Create(security);
            try
            {
                PrivateFolder.Create(path);
            }
            catch (SandboxException e) when (e.ErrorId == SandboxErrorId.StateFailed)
            {
                return; // Wine inherits in spite of the list's protection; what can't be closed is refused.
            }

            RequirePrivate(path);
        }),
        ("state: a lock is held by one, or shared by many", folder =>
        {
            string path = folder.Sub("x.lock");
            Check.That(!FileLock.IsHeld(path), "a lock without a file is held");
            using (FileLock first = FileLock.TryTake(path)!)
            {
                Check.That(FileLock.IsHeld(path), "it is not held");
                Check.That(FileLock.TryTake(path) is null && FileLock.TryTake(path, shared: true) is null, "it is taken twice");
            }

            Check.That(!FileLock.IsHeld(path), "it is still held");
            using (FileLock first = FileLock.TryTake(path, shared: true)!)
            using (FileLock second = FileLock.TryTake(path, shared: true)!)
            {
                Check.That(first is not null && second is not null, "it is not shared");
                Check.That(FileLock.IsHeld(path) && FileLock.TryTake(path) is null, "shared, it can be taken alone");
            }
        }),
        ("state: a lock ends with its process", folder =>
        {
            string path = folder.Sub("x.lock");
            using Process other = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["hold-lock", path]) { RedirectStandardOutput = true })!;
            Check.Same("held", other.StandardOutput.ReadLine(), "what the other process says");
            Check.That(FileLock.IsHeld(path) && FileLock.TryTake(path) is null, "the other process does not hold it");
            other.Kill();
            other.WaitForExit();
            var clock = Stopwatch.StartNew();
            while (FileLock.IsHeld(path))
            {
                Check.That(clock.Elapsed < TimeSpan.FromSeconds(10), "a dead process holds it");
                Thread.Sleep(10);
            }
        }),
        ("state: questions don't keep a lock from being taken", folder =>
        {
            string path = folder.Sub("x.lock");
            FileLock.TryTake(path)!.Dispose();
            bool stop = false;
            Task[] askers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    FileLock.IsHeld(path);
                    Thread.Sleep(1);
                }
            }))];
            for (int i = 0; i < 50; i++)
            {
                using FileLock? taken = FileLock.TryTake(path);
                Check.That(taken is not null, $"not taken, try {i}");
            }

            Volatile.Write(ref stop, true);
            Task.WaitAll(askers);
        }),
        ("state: a folder goes with the lock that is held in it", folder =>
        {
            string path = Directory.CreateDirectory(folder.Sub("doomed")).FullName;
            File.WriteAllText(Path.Combine(path, "file"), "x");
            using (FileLock held = FileLock.TryTake(Path.Combine(path, "operation.lock"))!)
            {
                FileLock.DeleteFolder(path);
                Check.That(!File.Exists(Path.Combine(path, "file")), "its content is still there");
            }

            Check.That(!Directory.Exists(path), "it is still there");
        }),
        ("state: a hard link is made once", folder =>
        {
            File.WriteAllText(folder.Sub("a"), "content");
            File.WriteAllText(folder.Sub("c"), "other");
            Check.That(HardLink.TryCreate(folder.Sub("a"), folder.Sub("b")), "the first");
            Check.That(!HardLink.TryCreate(folder.Sub("c"), folder.Sub("b")), "the second");
            Check.Same("content", File.ReadAllText(folder.Sub("b")), "the content");
        }),
        ("state: a file is replaced while others read it", folder =>
        {
            string path = folder.Sub("state.json");
            var state = new RuntimeState { State = SandboxState.Running };
            StateFile.Write(path, state, StateJson.Default.RuntimeState);
            bool stop = false;
            Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    Check.That(StateFile.TryRead(path, StateJson.Default.RuntimeState) is not null, "there is none");
                    Thread.Sleep(5);
                }
            }))];
            for (int i = 1; i <= 50; i++)
            {
                StateFile.Write(path, state with { LeaderId = i }, StateJson.Default.RuntimeState);
            }

            Volatile.Write(ref stop, true);
            Task.WaitAll(readers);
            Check.Same(50, StateFile.TryRead(path, StateJson.Default.RuntimeState)!.LeaderId, "what was written last");
            Check.Same(1, Directory.GetFiles(folder.Path).Length, "files that are left");
        }),
        ("state: records are added, found, refused a second time, forgotten", folder =>
        {
            var home = new SandboxHome(folder.Sub("home"));
            var store = new RecordStore(home);
            (SandboxRecord record, FileLock creating) = store.Add(new SandboxSpecification { Name = "Box", Backend = "WindowsSandbox" }, DateTimeOffset.UtcNow, throwAway: false);
            Check.That(store.IsIncomplete(record.Id) && store.IsBeingCreated(record.Id) && !store.WasAbandoned(record.Id), "it is not being created");
            store.Complete(record, creating);
            Check.That(!store.IsIncomplete(record.Id), "it is incomplete");
            Check.Same(record.Id, store.TryFindByName("bOX"), "found by its name in another case");
            Check.Same(SandboxErrorId.NameInUse, Check.Throws<SandboxException>(() => store.Add(new SandboxSpecification { Name = "BOX" }, DateTimeOffset.UtcNow, false), "a second one").ErrorId, "the error");
            Check.Same(1, store.Ids().Count, "sandboxes");
            using (FileLock operation = FileLock.TryTake(Path.Combine(home.SandboxData(record.Id), "operation.lock"))!)
            {
                store.Forget(record.Id);
            }

            Check.Same(0, store.Ids().Count, "sandboxes at the end");
            Check.That(store.TryFindByName("box") is null, "its name is still taken");
        }),
        ("state: this machine has no sandboxes of Linux, and says so", folder =>
        {
            var manager = new SandboxManager(new SandboxHome(folder.Sub("home")));
            foreach (string name in new[] { "Nspawn", "Chroot" })
            {
                BackendInfo info = manager.GetBackends().Single(b => b.Name == name);
                Check.That(!info.Available && info.Reason == "It needs Linux." && info.RecommendedAction!.Contains("Wsl", StringComparison.Ordinal), $"{name}: {info.Reason} {info.RecommendedAction}");
            }

            Check.Same(0, manager.List(_ => { }).Count, "sandboxes");
            SandboxException e = Check.Throws<SandboxException>(() => manager.Resolve(new SandboxSpecification { Backend = "Nspawn" }), "Nspawn");
            Check.Same(SandboxErrorId.BackendNotAvailable, e.ErrorId, e.Message);
        }),
    ];

    /// <summary>The other process of a check: takes a lock and keeps it until it is killed.</summary>
    public static int HoldLock(string path)
    {
        using FileLock? held = FileLock.TryTake(path);
        Console.Out.WriteLine(held is null ? "not held" : "held");
        Thread.Sleep(TimeSpan.FromMinutes(1));
        return 0;
    }

    private static void RequirePrivate(string path)
    {
        DirectorySecurity security = new DirectoryInfo(path).GetAccessControl(AccessControlSections.Access);
        SecurityIdentifier[] trusted = [WindowsIdentity.GetCurrent().User!, new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null)];
        foreach (FileSystemAccessRule rule in security.GetAccessRules(true, true, typeof(SecurityIdentifier)))
        {
            Check.That(trusted.Contains(rule.IdentityReference), $"{rule.IdentityReference} may {rule.FileSystemRights} in {path}");
        }
    }
}
