using System.Diagnostics;
using AgentSandbox.Backends.Wsl;
using AgentSandbox.Backends.Wsl.Mounts;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Wsl;

/// <summary>What is this backend's own, over the stand-in, whose distributions end after three seconds without a wsl.exe.</summary>
public sealed class WslSandboxTests
{
    [Fact]
    public async Task An_idle_distribution_does_not_end_under_a_live_sandbox()
    {
        await using var host = new SandboxHost();
        await host.Manager.RemoveAsync((await host.CreateAsync("Wsl")).Id);
        Sandbox sandbox;
        await using (var creator = new SandboxManager(host.Home))
        {
            sandbox = await creator.CreateAsync(new SandboxSpecification { Backend = "Wsl" });
            await creator.RunAsync(sandbox.Id, CommandSpecification.Shell("sleep 2345 >/dev/null 2>&1 & echo begun > ~/file"));
        }

        await Task.Delay(8000); // No connection, no process of ours: only what holds the distribution.
        await using var other = new SandboxManager(host.Home);
        Assert.Equal(SandboxState.Running, other.Get(sandbox.Id).State);
        Assert.Equal("begun\nsleep 2345\n", (await other.RunAsync(sandbox.Id, CommandSpecification.Shell("cat ~/file; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 234[5]'"))).StandardOutput);
    }

    [Fact]
    public async Task Without_a_live_sandbox_the_distribution_ends_and_stopped_ones_are_kept()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        await host.ShellAsync(sandbox, "echo kept > ~/file");
        await host.Manager.StopAsync(sandbox.Id);
        Assert.Equal("Stopped", await StateAfterAsync(host, TimeSpan.FromSeconds(20)));
        Assert.Equal(SandboxState.Stopped, host.Manager.Get(sandbox.Id).State);
        await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat ~/file")).StandardOutput);
    }

    [Fact]
    public async Task A_distribution_that_was_terminated_leaves_sandboxes_that_have_failed_and_start_again()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        await host.ShellAsync(sandbox, "echo kept > ~/file; sync");
        await using SandboxCommand running = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell("sleep 2346"));
        Assert.Equal(0, (await StandInWsl.RunAsync(null, "--terminate", StandInWsl.NameOf(host.Home))).ExitCode);
        Assert.Equal(SandboxErrorId.GuestDisconnected, (await Assert.ThrowsAsync<SandboxException>(() => running.Completion.WaitAsync(TimeSpan.FromSeconds(20)))).ErrorId);
        // The runtime folder is in memory and went with the distribution, so nothing says that it had been running.
        Assert.True(host.Manager.Get(sandbox.Id).State is SandboxState.Failed or SandboxState.Stopped);
        await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat ~/file")).StandardOutput);
    }

    [Fact]
    public async Task Programs_of_another_version_in_the_distribution_are_renewed()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        string program = Path.Combine(new WslState(host.Home).DefaultLocation, "ext4.vhdx/opt/agentsandbox/agentsandbox");
        byte[] ours = await File.ReadAllBytesAsync(program);
        File.Delete(program); // Not written into: the supervisor runs it.
        await File.WriteAllTextAsync(program, "#!/bin/sh\nread -r line\necho '{\"end\":true,\"otherVersion\":\"0.0.1\"}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var other = new SandboxManager(host.Home);
        Assert.Equal(sandbox.Id, Assert.Single(other.List()).Id);
        Assert.Equal(ours, await File.ReadAllBytesAsync(program));

        File.Delete(program);
        Assert.Equal("here\n", (await new SandboxManager(host.Home).RunAsync(sandbox.Id, CommandSpecification.Shell("echo here"))).StandardOutput);
        Assert.Equal(ours, await File.ReadAllBytesAsync(program));
    }

    [Fact]
    public async Task The_real_program_refuses_a_request_of_another_version()
    {
        await using var host = new SandboxHost();
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(Programs.Folder, "agentsandbox"), ["provider", "list"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
        })!;
        await process.StandardInput.WriteLineAsync("{\"version\":\"99.0.0\"}");
        string answer = await process.StandardOutput.ReadToEndAsync();
        Assert.Contains($"\"otherVersion\":\"{ProviderProtocol.Version}\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_only_mounts_of_a_drive_are_copies_that_go_with_the_sandbox()
    {
        // On Linux no path is one of a drive, so what the rule would choose is chosen here: an archive of a folder of this machine.
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        string source = Directory.CreateDirectory(Path.Combine(host.Root, "source/sub")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "sub/file"), "copied");
        File.CreateSymbolicLink(Path.Combine(source, "link"), "sub/file");
        File.CreateSymbolicLink(Path.Combine(source, "out"), "/etc/hostname");
        using var archive = new MemoryStream();
        var chunks = new ChunkedStream(archive);
        new DriveArchiver(chunks).Run(source, CancellationToken.None);
        chunks.WriteEnd();
        var specification = new SandboxSpecification { Backend = "Nspawn", Name = "copied", Mounts = [new SandboxMount { Source = @"C:\src", Target = "/src" }] };
        Sandbox? made = null;
        var provider = new WslSandboxes(host.Home).Provider;
        await using (Backends.Wsl.Provider.ProviderExchange exchange = await provider.OpenAsync(
            "create", new ProviderRequest { Version = ProviderProtocol.Version, Specification = specification, CopiedMounts = [0] }, (stream, token) => stream.WriteAsync(archive.ToArray(), token).AsTask(), CancellationToken.None))
        {
            ProviderLine line;
            do
            {
                line = await exchange.ReadAsync(CancellationToken.None);
                made = line.Sandbox ?? made;
            }
            while (!line.End);
            provider.Finish(line, null);
        }

        new WslState(host.Home).Complete(Path.Combine(host.Root, "none"), made!.Id);
        Sandbox sandbox = host.Manager.Get("copied");
        Assert.StartsWith(WslMount.CopiesFolder + "/", Assert.Single(sandbox.Mounts).Source, StringComparison.Ordinal);
        Assert.Contains(sandbox.Warnings, w => w.Contains("copies", StringComparison.Ordinal));
        Assert.Equal("copied sub/file\n", (await host.ShellAsync(sandbox, "cat /src/link; echo -n ' '; readlink /src/link")).StandardOutput);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "echo x > /src/sub/file")).ExitCode);
        string copies = Path.Combine(StandInWsl.StateOf(host.Home).Data, "mounts");
        Assert.Single(Directory.EnumerateDirectories(copies));
        await host.Manager.RemoveAsync(sandbox.Id);
        Assert.Empty(Directory.EnumerateDirectories(copies));
    }

    [Fact]
    public async Task What_the_distribution_can_not_enforce_comes_back_as_its_own_problems()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        async Task<string> ErrorOf(Func<SandboxSpecification, SandboxSpecification> change) =>
            (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CreateAsync(change(new SandboxSpecification { Backend = "Wsl" })))).ErrorId;
        Assert.Equal(SandboxErrorId.ImageNotFound, await ErrorOf(s => s with { Image = "nosuch" }));
        Assert.Equal(SandboxErrorId.MountSourceNotFound, await ErrorOf(s => s with { Mounts = [SandboxMount.Parse("/nosuch/folder:/data")] }));
        Assert.Equal(SandboxErrorId.MountNotSupported, await ErrorOf(s => s with { Mounts = [SandboxMount.Parse("/mnt:/data")] }));
        Assert.Equal(SandboxErrorId.InvalidMount, await ErrorOf(s => s with { Mounts = [SandboxMount.Parse("/srv:/proc/x")] }));
        Assert.Equal(SandboxErrorId.UserNotFound, await ErrorOf(s => s with { User = "nosuchuser" }));
        Assert.Equal(SandboxErrorId.MemoryTooSmall, await ErrorOf(s => s with { Memory = 1 }));
        Sandbox sandbox = await host.CreateAsync("Wsl", s => s with { Name = "taken" });
        Assert.Equal(SandboxErrorId.NameInUse, await ErrorOf(s => s with { Name = "TAKEN" }));
        Assert.Equal(sandbox.Id, Assert.Single(host.Manager.List()).Id);
    }

    [Fact]
    public async Task An_interrupt_of_the_terminal_reaches_no_sandbox()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        // A group of its own, as a terminal's foreground job is; the signal goes to all of it.
        using Process creator = Process.Start(new ProcessStartInfo("setsid", ["--wait", "sh", "-c", $"'{Path.Combine(Programs.Folder, "agentsandbox")}' create lives --backend wsl; echo $$; kill -INT 0; sleep 1"])
        {
            RedirectStandardOutput = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
        })!;
        await creator.StandardOutput.ReadToEndAsync();
        await creator.WaitForExitAsync();
        await Task.Delay(5000);
        Sandbox sandbox = host.Manager.Get("lives");
        Assert.Equal("lives\n", (await host.ShellAsync(sandbox, "hostname")).StandardOutput);
        await host.Manager.RemoveAsync(sandbox.Id);
    }

    [Theory]
    [InlineData("de")]
    [InlineData("en")]
    public async Task A_german_windows_makes_no_difference(string language)
    {
        Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_LANGUAGE", language);
        try
        {
            await using var host = new SandboxHost();
            Assert.Contains("no distribution", host.Manager.GetBackends().Single(b => b.Name == "Wsl").Reason, StringComparison.Ordinal);
            Sandbox sandbox = await host.CreateAsync("Wsl");
            Assert.Equal("ok\n", (await host.ShellAsync(sandbox, "echo ok")).StandardOutput);
            Assert.Equal("WSL 2.4.13.0", host.Manager.GetBackends().Single(b => b.Name == "Wsl").Version);
        }
        finally
        {
            Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_LANGUAGE", null);
        }
    }

    private static async Task<string> StateAfterAsync(SandboxHost host, TimeSpan patience)
    {
        string name = StandInWsl.NameOf(host.Home), state = "";
        for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < patience && state != "Stopped"; await Task.Delay(200))
        {
            string list = System.Text.Encoding.Unicode.GetString((await StandInWsl.RunAsync(null, "--list", "--verbose")).Output);
            state = Backends.Wsl.Cli.WslDistribution.ParseList(list).Single(d => d.Name == name).State.ToString();
        }

        return state;
    }
}
