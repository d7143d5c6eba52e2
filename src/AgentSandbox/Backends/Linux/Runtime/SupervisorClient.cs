using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Protocol;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>Starts and ends the supervisor of one sandbox, from any process on the machine.</summary>
internal sealed class SupervisorClient(SandboxHome home, SandboxRecord record)
{
    private readonly SandboxPaths _paths = new(home, record.Id);

    /// <summary>Makes the disk if there is none yet, starts a supervisor and waits until commands can run.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        PrivateFolder.Create(_paths.Runtime);
        File.Delete(_paths.State);
        File.Delete(_paths.StopRequest);
        MakeDisk();
        var start = new ProcessStartInfo(SandboxPrograms.Supervisor, ["supervise", record.Id])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear(); // Nothing of the caller's environment, which may hold secrets, is in a process that lives as long as the sandbox.
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment[SandboxPrograms.EnvironmentVariable] = Path.GetDirectoryName(SandboxPrograms.Guest)!;
        if (home.Root is not null)
        {
            start.Environment[SandboxHome.EnvironmentVariable] = home.Root;
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        process.StandardInput.Close();
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string? line = await process.StandardOutput.ReadLineAsync(cancellationToken);
            if (line is null)
            {
                throw new SandboxException(SandboxErrorId.StartFailed, $"The supervisor ended before the sandbox ran. {(await errors).Trim()}", "Look into the system's log for why.", record.Name);
            }

            SupervisorReport report = JsonSerializer.Deserialize(line, StateJson.Default.SupervisorReport)!;
            if (report.ErrorId is not null)
            {
                throw new SandboxException(report.ErrorId, report.Message ?? "", report.RecommendedAction ?? "", record.Name);
            }
        }
        catch
        {
            // It may not have taken its lock yet, by which others know of it: it would start the sandbox after its folders were deleted.
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            await StopAsync(graceful: false, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Ends the sandbox, by its supervisor if that lives, else without. Whatever state it was in, afterwards nothing of it runs.</summary>
    /// <param name="graceful">Commands get SIGTERM and a few seconds first.</param>
    /// <param name="cancellationToken">Cuts those seconds short.</param>
    public async Task StopAsync(bool graceful, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(_paths.Runtime))
        {
            SandboxRemains.EndProcesses(record.Id);
            return;
        }

        await File.WriteAllBytesAsync(_paths.StopRequest, [], CancellationToken.None);
        RuntimeState? state = StateFile.TryRead(_paths.State, StateJson.Default.RuntimeState);
        if (IsSupervised())
        {
            var group = new ControlGroup(ControlGroupHierarchy.Detect(), record.Id);
            if (graceful && state is { State: SandboxState.Running } && group.Processes().Contains(state.LeaderId))
            {
                _ = Libc.Kill(state.LeaderId, Libc.SIGTERM); // When it has just ended by itself there is nothing to ask of it.
                await WaitForSupervisorAsync(ProtocolLimits.KillGrace + TimeSpan.FromSeconds(1), cancellationToken);
            }

            group.KillAll(TimeSpan.FromSeconds(1));
            if (!await WaitForSupervisorAsync(TimeSpan.FromSeconds(10), CancellationToken.None) && state is not null)
            {
                KillSupervisor(state.SupervisorId);
                await WaitForSupervisorAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
            }
        }

        SandboxRemains.EndProcesses(record.Id);
        StateFile.Write(_paths.State, new RuntimeState { State = SandboxState.Stopped }, StateJson.Default.RuntimeState);
    }

    private bool IsSupervised() => FileLock.IsHeld(_paths.SupervisorLock);

    private async Task<bool> WaitForSupervisorAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (IsSupervised())
        {
            if (clock.Elapsed > timeout || cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            await Task.Delay(1, CancellationToken.None);
        }

        return true;
    }

    /// <summary>The last resort for a supervisor that hangs. Its command line is looked at first: process ids are used again.</summary>
    private void KillSupervisor(int pid)
    {
        string commandLine = $"/proc/{pid}/cmdline";
        if (pid > 1 && File.Exists(commandLine) && File.ReadAllText(commandLine).Split('\0') is [_, "supervise", var id, ..] && id == record.Id)
        {
            _ = Libc.Kill(pid, Libc.SIGKILL); // Gone meanwhile is as good.
        }
    }

    private void MakeDisk()
    {
        if (File.Exists(_paths.DiskImage) || Directory.Exists(_paths.DiskFolder))
        {
            return;
        }

        try
        {
            if (record.Specification.DiskLimit is > 0 and { } limit)
            {
                DiskImage.Create(_paths.DiskImage, limit, home);
            }
            else
            {
                PrivateFolder.Create(_paths.DiskFolder);
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOSPC)
        {
            throw DiskFull(e);
        }
        catch (IOException e) when (e.HResult == Errno.ENOSPC)
        {
            throw DiskFull(e);
        }
    }

    private SandboxException DiskFull(IOException e) =>
        new(SandboxErrorId.DiskFull, "The disk is full.", $"Free space where {home.Data} is.", record.Name, e);
}
