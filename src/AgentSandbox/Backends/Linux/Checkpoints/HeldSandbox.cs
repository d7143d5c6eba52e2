using System.Diagnostics;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Checkpoints;

/// <summary>
/// A running sandbox whose processes are held (cgroup.freeze, or the freezer of version 1), so that its files stand still while they are copied. Not FIFREEZE of its file system: a process
/// that waits for that can't be killed, and it outlives whoever asked for it. A held control group can be killed at any time, and a helper with nothing but a pipe
/// to this process lets it go when this process ends, however that ends. Should both be killed, <see cref="WorkFolder.Repair"/> does.
/// </summary>
internal sealed class HeldSandbox : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly SandboxRecord _record;
    private readonly SandboxPaths _paths;
    private readonly ControlGroup _group;
    private readonly Process _helper;
    private IReadOnlyCollection<int> _processes = [];

    private HeldSandbox(SandboxRecord record, SandboxPaths paths, ControlGroup group, (string File, string Hold, string Release) freeze)
    {
        _record = record;
        _paths = paths;
        _group = group;
        // Ctrl+C reaches it as it does this process, which may have a clean-up to do first.
        const string Script = "trap '' INT TERM HUP; echo; read nothing; echo \"$2\" > \"$1\"";
        _helper = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", freeze.File, freeze.Release]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("Process.Start returned nothing.");
        _ = _helper.StandardOutput.ReadLine(); // From here on it waits.
    }

    /// <summary>Holds every process of a sandbox, and has its file system write all that it has.</summary>
    /// <param name="record">The sandbox; it runs, and its operation lock is the caller's.</param>
    /// <param name="paths">Its files.</param>
    /// <returns>Disposing it lets them run on.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CheckpointFailed"/>: they can't be held.</exception>
    public static HeldSandbox Hold(SandboxRecord record, SandboxPaths paths)
    {
        var group = new ControlGroup(ControlGroupHierarchy.Detect(), record.Id);
        (string File, string Hold, string Release) freeze = group.FreezeFile ?? throw Failed(record, "This machine has neither control groups of version 2 nor the freezer of version 1, so a running sandbox's processes can't be held while its files are copied.");
        WriteBack(record, paths); // Once while they still run, so that they are held for less.
        var held = new HeldSandbox(record, paths, group, freeze);
        try
        {
            if (!group.Freeze(s_patience))
            {
                throw Failed(record, "Its processes could not be held: one waits for the kernel.");
            }

            WriteBack(record, paths);
            held._processes = group.Processes();
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that the sandbox stood still all that time: it did not end (its time to live, an out-of-memory kill), and nobody let it go.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CheckpointFailed"/>: it did not.</exception>
    public void ThrowIfChanged()
    {
        if (!_group.IsFrozen || !_group.Processes().ToHashSet().SetEquals(_processes) || !FileLock.IsHeld(_paths.SupervisorLock))
        {
            throw new SandboxException(SandboxErrorId.CheckpointFailed, $"The sandbox '{_record.Name}' ended, or lost processes, while its files were copied.", "Look at its state with Get-AgentSandbox, and try again.", _record.Name);
        }
    }

    /// <summary>Lets the processes run on. When this returns the helper has ended: one that was late would let go of what somebody else holds.</summary>
    public void Dispose()
    {
        _group.Thaw();
        try
        {
            _helper.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed; the sandbox runs on all the same.
        }

        _helper.WaitForExit();
        _helper.Dispose();
    }

    private static void WriteBack(SandboxRecord record, SandboxPaths paths)
    {
        RuntimeState? state = StateFile.TryRead(paths.State, StateJson.Default.RuntimeState);
        if (state is not { State: SandboxState.Running } || !FileLock.IsHeld(paths.SupervisorLock))
        {
            throw Failed(record, "It ended just now.");
        }

        // The supervisor's folder is the sandbox's runtime folder, in its own mount namespace: the one place where the disk is mounted.
        using FileDescriptor disk = FileDescriptor.Open($"/proc/{state.SupervisorId}/cwd/disk", Libc.O_RDONLY);
        Errno.Check(Libc.SyncFs(disk.Value), "write the sandbox's file system back");
    }

    private static SandboxException Failed(SandboxRecord record, string why) =>
        new(SandboxErrorId.CheckpointFailed, $"The files of the sandbox '{record.Name}' can't be copied while it runs. {why}", $"Stop it first: Stop-AgentSandbox {record.Name}", record.Name);
}
