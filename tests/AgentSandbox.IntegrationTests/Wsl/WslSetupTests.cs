using AgentSandbox.Backends;
using AgentSandbox.Backends.Wsl.Setup;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Wsl;

/// <summary>Installing and uninstalling the distribution, over the stand-in.</summary>
public sealed class WslSetupTests
{
    [Fact]
    public async Task It_is_imported_hardened_checked_used_and_unregistered()
    {
        await using var host = new SandboxHost();
        BackendInfo before = host.Manager.GetBackends().Single(b => b.Name == "Wsl");
        Assert.False(before.Available);
        Assert.Contains("Install-SandboxBackend Wsl", before.RecommendedAction, StringComparison.Ordinal);

        var steps = new List<string>();
        BackendSetupResult result = await host.Manager.InstallBackendAsync("wsl", new BackendInstallOptions { RootFileSystem = StandInWsl.Archive }, new Recorder(steps));
        Assert.True(result.Info.Available, result.Info.Reason);
        Assert.Equal(("Wsl", true), (result.Backend, result.Info.SecurityBoundary));
        Assert.Equal("WSL 2.4.13.0", result.Info.Version);
        foreach (string check in new[] { "nspawn", "automount", "PATH", "interop", "sandbox interop", "sandbox drvfs", "sandbox drives", "vsock" })
        {
            Assert.Single(result.Checks, c => c.StartsWith(check + ": ok: ", StringComparison.Ordinal));
        }

        Assert.NotEmpty(steps);
        string root = Path.Combine(new WslState(host.Home).DefaultLocation, "ext4.vhdx");
        Assert.Equal(DistributionHardening.Configuration, await File.ReadAllTextAsync(Path.Combine(root, "etc/wsl.conf")));
        Assert.Equal(await File.ReadAllBytesAsync(SandboxPrograms.Supervisor), await File.ReadAllBytesAsync(Path.Combine(root, "opt/agentsandbox/agentsandbox")));
        Assert.Equal(UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(root, "opt/agentsandbox/agentsandbox-guest")) & UnixFileMode.UserExecute);

        Sandbox sandbox = await host.Manager.CreateAsync(new SandboxSpecification { Backend = "Wsl" });
        Assert.Equal("hi\n", (await host.ShellAsync(sandbox, "echo hi")).StandardOutput);
        BackendSetupResult gone = await host.Manager.UninstallBackendAsync("Wsl");
        Assert.False(gone.Info.Available);
        Assert.False(Directory.Exists(root));
        Assert.Empty(host.Manager.List());
        Assert.False(Directory.Exists(Path.Combine(host.Home.Data, "wsl")));
        for (int i = 0; i < 100 && SandboxHost.RemainsOf(sandbox.Id, host.Root).Any(r => !r.StartsWith("control group", StringComparison.Ordinal)); i++)
        {
            await Task.Delay(50);
        }

        // A control group outlives the processes that a distribution's end kills; on Windows it goes with the virtual machine.
        Assert.DoesNotContain(SandboxHost.RemainsOf(sandbox.Id, host.Root), r => !r.StartsWith("control group", StringComparison.Ordinal));
        RemoveControlGroups(sandbox.Id);
    }

    [Fact]
    public async Task A_distribution_that_is_not_ours_is_never_touched()
    {
        await using var host = new SandboxHost();
        string name = StandInWsl.NameOf(host.Home), folder = Directory.CreateTempSubdirectory("agsb-").FullName;
        Assert.Equal(0, (await StandInWsl.RunAsync(null, "--import", name, folder, StandInWsl.Archive)).ExitCode);
        try
        {
            Assert.Contains("did not import", host.Manager.GetBackends().Single(b => b.Name == "Wsl").Reason, StringComparison.Ordinal);
            Assert.Equal(SandboxErrorId.BackendSetupFailed, (await Assert.ThrowsAsync<SandboxException>(() => StandInWsl.InstallAsync(host.Manager))).ErrorId);
            Assert.Equal(SandboxErrorId.BackendSetupFailed, (await Assert.ThrowsAsync<SandboxException>(() => StandInWsl.InstallAsync(host.Manager, force: true))).ErrorId);
            Assert.Equal(SandboxErrorId.BackendSetupFailed, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.UninstallBackendAsync("Wsl"))).ErrorId);
            Assert.True(Directory.Exists(Path.Combine(folder, "ext4.vhdx/etc")));
            Assert.False(File.Exists(Path.Combine(folder, "ext4.vhdx/etc/wsl.conf")));
        }
        finally
        {
            await StandInWsl.RunAsync(null, "--unregister", name);
            Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task One_that_was_put_in_the_place_of_ours_is_not_ours()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        string marker = Path.Combine(new WslState(host.Home).DefaultLocation, "ext4.vhdx/etc/agentsandbox-distribution");
        string id = await File.ReadAllTextAsync(marker);
        await File.WriteAllTextAsync(marker, "somebody else's\n");
        Assert.Equal(SandboxErrorId.BackendSetupFailed, (await Assert.ThrowsAsync<SandboxException>(() => StandInWsl.InstallAsync(host.Manager, force: true))).ErrorId);
        Assert.Equal(SandboxErrorId.BackendSetupFailed, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.UninstallBackendAsync("Wsl"))).ErrorId);
        Assert.True(File.Exists(marker));
        await File.WriteAllTextAsync(marker, id);
    }

    [Fact]
    public async Task An_installed_one_is_replaced_only_with_force()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        Sandbox sandbox = await host.CreateAsync("Wsl");
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StandInWsl.InstallAsync(host.Manager));
        Assert.Equal(SandboxErrorId.BackendSetupFailed, e.ErrorId);
        Assert.Contains("-Force", e.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Running, host.Manager.Get(sandbox.Id).State);
        Assert.True((await StandInWsl.InstallAsync(host.Manager, force: true)).Info.Available);
        Assert.Empty(host.Manager.List());
        RemoveControlGroups(sandbox.Id);
    }

    [Theory]
    [InlineData(null, "No root file system")]
    [InlineData("/no/such.tar", "does not exist")]
    [InlineData("/etc/passwd", "is no archive")]
    public async Task Bad_archives_are_told_apart(string? archive, string message)
    {
        await using var host = new SandboxHost();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.InstallBackendAsync("Wsl", new BackendInstallOptions { RootFileSystem = archive }));
        Assert.Equal(SandboxErrorId.BackendSetupFailed, e.ErrorId);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_import_leaves_nothing()
    {
        await using var host = new SandboxHost();
        string archive = Path.Combine(Directory.CreateDirectory(host.Root).FullName, "broken.tar");
        await File.WriteAllTextAsync(archive, "this is no tar");
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.InstallBackendAsync("Wsl", new BackendInstallOptions { RootFileSystem = archive }));
        Assert.Equal(SandboxErrorId.BackendSetupFailed, e.ErrorId);
        Assert.Contains("WSL_E_IMPORT_FAILED", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(host.Home.Data, "wsl")));
        Assert.False(Directory.Exists(Path.Combine(StandInWsl.Folder, StandInWsl.NameOf(host.Home))));
    }

    [Fact]
    public async Task An_uncut_way_to_windows_is_a_failed_install_that_leaves_nothing()
    {
        await using var host = new SandboxHost();
        string name = StandInWsl.NameOf(host.Home);
        // As a WSL that does not know /etc/wsl.conf, or does not read it.
        Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_IGNORE", name);
        try
        {
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StandInWsl.InstallAsync(host.Manager));
            Assert.Equal(SandboxErrorId.BackendSetupFailed, e.ErrorId);
            Assert.Contains("automount: FAILED: mounted: /mnt/c", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_IGNORE", null);
        }

        Assert.False(Directory.Exists(Path.Combine(StandInWsl.Folder, name)));
        Assert.False(Directory.Exists(Path.Combine(host.Home.Data, "wsl")));
    }

    [Fact]
    public async Task A_kill_in_the_middle_is_seen_and_repaired_by_the_next_install()
    {
        await using var host = new SandboxHost();
        var state = new WslState(host.Home);
        state.Write(new WslRecord { Id = "unfinished", Name = state.DistributionName, Location = state.DefaultLocation });
        Assert.Equal(0, (await StandInWsl.RunAsync(null, "--import", state.DistributionName, state.DefaultLocation, StandInWsl.Archive)).ExitCode);
        Assert.Contains("not set up to the end", host.Manager.GetBackends().Single(b => b.Name == "Wsl").Reason, StringComparison.Ordinal);
        Assert.Equal(SandboxErrorId.BackendNotAvailable, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CreateAsync(new SandboxSpecification { Backend = "Wsl" }))).ErrorId);
        Assert.True((await StandInWsl.InstallAsync(host.Manager)).Info.Available);
        await host.Manager.UninstallBackendAsync("Wsl");
    }

    [Fact]
    public async Task Plans_change_nothing_and_say_the_command()
    {
        await using var host = new SandboxHost();
        BackendSetupStep step = host.Manager.PlanInstallBackend("Wsl", new BackendInstallOptions { RootFileSystem = "/root.tar" })!;
        Assert.Equal($"wsl --import {StandInWsl.NameOf(host.Home)} {new WslState(host.Home).DefaultLocation} /root.tar --version 2", step.CommandLine);
        Assert.Null(host.Manager.PlanEnableBackend("Wsl")); // WSL itself is there.
        Assert.False(Directory.Exists(host.Home.Data));
    }

    [Fact]
    public async Task While_it_is_exported_nothing_can_be_made_and_the_reason_is_said()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        string state = Path.Combine(StandInWsl.Folder, StandInWsl.NameOf(host.Home), "state");
        await File.WriteAllTextAsync(state, "Exporting");
        await using (var manager = new SandboxManager(host.Home))
        {
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => manager.CreateAsync(new SandboxSpecification { Backend = "Wsl" }));
            Assert.Equal(SandboxErrorId.BackendNotAvailable, e.ErrorId);
            Assert.Contains("being exported", e.Message, StringComparison.Ordinal);
        }

        File.Delete(state);
    }

    private static void RemoveControlGroups(string id)
    {
        foreach (string hierarchy in Backends.Linux.ControlGroups.ControlGroupHierarchy.Detect().Roots.Select(r => Path.Combine(r, "agentsandbox", id)).Where(Directory.Exists))
        {
            foreach (string group in Directory.EnumerateDirectories(hierarchy, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length).Append(hierarchy))
            {
                Directory.Delete(group);
            }
        }
    }

    private sealed class Recorder(List<string> steps) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => steps.Add(value.Status);
    }
}
