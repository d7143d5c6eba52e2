using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>What a sandbox leaves on the host's disks and in its mounts: an opening of each kind, and that nothing of the probes is left.</summary>
public class FileAndMountProbeTests
{
    [Fact]
    public async Task A_mount_that_is_shared_with_the_host_is_exposed_and_one_that_only_receives_is_not()
    {
        string folder = Directory.CreateTempSubdirectory("agentsandbox-shared-").FullName;
        Assert.Equal(0, (await GuestProgram.RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder)).ExitCode);
        try
        {
            Assert.Equal(0, (await GuestProgram.RunAsync("mount", "--make-shared", folder)).ExitCode);
            foreach ((string propagation, IsolationVerdict verdict, string evidence) in new[]
            {
                ("unchanged", IsolationVerdict.Exposed, folder), ("slave", IsolationVerdict.Isolated, folder + " shows there, not the other way"), ("private", IsolationVerdict.Isolated, "none is in a peer group"),
            })
            {
                await using RawSandbox sandbox = await RawSandbox.InOwnMountsAsync(propagation);
                IsolationResult result = await sandbox.RunAsync("fs.propagation");
                Assert.True(result.Verdict == verdict && result.ObservedBy == IsolationObserver.Host, $"{propagation}: {result.Verdict}: {result.Evidence}");
                Assert.True(verdict == IsolationVerdict.Exposed || result.Evidence.Contains(evidence, StringComparison.Ordinal) || result.Evidence.Contains("and more", StringComparison.Ordinal), result.Evidence);
            }
        }
        finally
        {
            await GuestProgram.RunAsync("umount", folder);
            Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task What_the_file_probes_make_is_removed_where_the_boundary_is_open_too()
    {
        await using RawSandbox sandbox = await RawSandbox.ChrootAsRootAsync();
        string root = sandbox.Context.Bases![0].OnHost;
        foreach (string id in new[] { "fs.base-intact", "fs.host-owner", "fs.rootfs-readonly" })
        {
            IsolationResult result = await sandbox.RunAsync(id);
            Assert.True(result.Verdict == IsolationVerdict.Exposed, $"{id}: {result.Verdict}: {result.Evidence}");
            Assert.Empty(Directory.EnumerateFiles(root, ".agentsandbox-probe-*").Concat(Directory.EnumerateFiles(Path.Combine(root, "tmp"))));
            Assert.Empty(Directory.EnumerateFiles(sandbox.Context.Canaries.Files.Folder, ".agentsandbox-probe-*"));
        }
    }

    [Fact]
    public async Task A_file_of_the_hosts_root_that_a_hostile_guest_links_to_is_not_followed()
    {
        // The guest makes links of the name that it is told, which on the host would lead to a file of root.
        await using RawSandbox sandbox = await RawSandbox.ChrootAsNobodyAsync();
        string root = sandbox.Context.Bases![0].OnHost;
        var context = new ProbeContext
        {
            Specification = sandbox.Context.Specification,
            Defaults = sandbox.Context.Defaults,
            Canaries = sandbox.Context.Canaries,
            Payload = sandbox.Context.Payload,
            Host = sandbox.Context.Host,
            Bases = sandbox.Context.Bases,
            Sandbox = (arguments, cancellationToken) =>
            {
                if (arguments[1] == "make")
                {
                    File.CreateSymbolicLink(Path.Combine(root, "tmp", arguments[2]), "/etc/passwd");
                }

                return sandbox.Context.Sandbox(arguments, cancellationToken);
            },
        };
        IsolationResult result = await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create(["fs.base-intact"])), context, CancellationToken.None);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, result.Evidence); // The link itself is there: this root is its own base.
        Assert.True(File.Exists("/etc/passwd"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(root, "tmp")));
    }

    [Fact]
    public async Task An_image_whose_place_is_not_known_is_not_judged()
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        var context = new ProbeContext
        {
            Specification = sandbox.Context.Specification,
            Defaults = sandbox.Context.Defaults,
            Canaries = sandbox.Context.Canaries,
            Payload = sandbox.Context.Payload,
            Host = sandbox.Context.Host,
            Sandbox = sandbox.Context.Sandbox,
        };
        IsolationResult result = await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create(["fs.base-intact"])), context, CancellationToken.None);
        Assert.True(result.Verdict == IsolationVerdict.Inconclusive, $"{result.Verdict}: {result.Evidence}");
        Assert.Contains("don't say where its image is", result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_security_module_is_asked_where_there_is_one()
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        IsolationResult result = await sandbox.RunAsync("kernel.lsm");
        bool any = AgentSandbox.Isolation.Observation.SecurityModules.Active().Count > 0;
        Assert.True(result.Verdict == (any ? IsolationVerdict.Exposed : IsolationVerdict.NotApplicable), $"{result.Verdict}: {result.Evidence}");
    }
}
