using System.Security.Cryptography;
using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Copying;

/// <summary>Copies into and out of real sandboxes.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("agentsandbox-copies-").FullName;

    public void Dispose() => AgentSandbox.Copying.Files.SafeDelete.Tree(_work);

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_tree_goes_in_and_comes_back_as_it_was(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        string tree = Directory.CreateDirectory(Path.Combine(_work, "tree/sub/empty")).Parent!.Parent!.FullName;
        File.WriteAllBytes(Path.Combine(tree, "large"), RandomNumberGenerator.GetBytes(20_000_003));
        File.WriteAllText(Path.Combine(tree, "sub/néw\nline"), "x");
        File.CreateSymbolicLink(Path.Combine(tree, "sub/link"), "../large");
        for (int i = 0; i < 1000; i++)
        {
            File.WriteAllText(Path.Combine(tree, $"sub/{i}"), $"{i}");
        }

        List<CopyProgress> seen = [];
        CopyResult sent = await host.Manager.CopyToAsync(sandbox.Id, tree, "/tmp", progress: new Recorder(seen));
        Assert.Equal("/tmp/tree", sent.Destination);
        Assert.Empty(sent.Skipped);
        Assert.Equal(sent.Bytes, seen[^1].TotalBytes);
        Assert.Equal($"{sent.Entries}\n", (await host.ShellAsync(sandbox, "find /tmp/tree -printf x | wc -c")).StandardOutput);

        CopyResult received = await host.Manager.CopyFromAsync(sandbox.Id, "/tmp/tree", Path.Combine(_work, "back"));
        Assert.Equal((sent.Entries, sent.Bytes), (received.Entries, received.Bytes));
        Assert.Empty(received.Skipped);
        Images.ImageTestStore.Run("diff", "-r", "--no-dereference", tree, Path.Combine(_work, "back"));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Files_belong_to_the_user_of_the_side_that_they_arrive_on(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        File.WriteAllText(Path.Combine(_work, "f"), "x");
        await host.Manager.CopyToAsync(sandbox.Id, Path.Combine(_work, "f"), "/tmp/f", user: "sandbox");
        Assert.Equal("sandbox\n", (await host.ShellAsync(sandbox, "find /tmp/f -printf '%u\\n'")).StandardOutput);
        await host.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell("chmod 4777 /tmp/f") with { User = "sandbox" });
        Assert.Equal("4777\n", (await host.ShellAsync(sandbox, "find /tmp/f -printf '%m\\n'")).StandardOutput);
        await host.Manager.CopyFromAsync(sandbox.Id, "/tmp/f", Path.Combine(_work, "g"));
        Assert.Equal("root 755\n", Images.ImageTestStore.Run("stat", "-c", "%U %a", Path.Combine(_work, "g")));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task What_is_not_there_or_not_allowed_is_an_error(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        File.WriteAllText(Path.Combine(_work, "f"), "x");
        await AssertAsync(SandboxErrorId.CopyPathNotFound, () => host.Manager.CopyFromAsync(sandbox.Id, "/no/such", _work));
        await AssertAsync(SandboxErrorId.CopyPathNotFound, () => host.Manager.CopyFromAsync(sandbox.Id, "relative", _work));
        await AssertAsync(SandboxErrorId.CopyPathNotFound, () => host.Manager.CopyFromAsync(sandbox.Id, "/etc/passwd", Path.Combine(_work, "no/such")));
        await AssertAsync(SandboxErrorId.CopyPathNotFound, () => host.Manager.CopyToAsync(sandbox.Id, Path.Combine(_work, "none"), "/tmp"));
        await AssertAsync(SandboxErrorId.CopyPathNotFound, () => host.Manager.CopyToAsync(sandbox.Id, Path.Combine(_work, "f"), "/no/such/place"));
        await AssertAsync(SandboxErrorId.CopyRefused, () => host.Manager.CopyFromAsync(sandbox.Id, "/dev/null", _work));
        await AssertAsync(SandboxErrorId.CopyFailed, () => host.Manager.CopyToAsync(sandbox.Id, Path.Combine(_work, "f"), "/usr/bin/f", user: "sandbox"));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Links_that_a_sandbox_planted_reach_nothing_on_the_host(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        string shared = Directory.CreateDirectory(Path.Combine(_work, "canary")).FullName;
        File.WriteAllText(Path.Combine(shared, "file"), "untouched");
        await host.ShellAsync(sandbox, $"mkdir /tmp/out && cd /tmp/out && ln -s {shared} way && ln -s {shared}/file file && ln -s ../../../etc up && mkdir ok && ln -s ../file ok/inner && echo data > data && mkfifo fifo");
        CopyResult result = await host.Manager.CopyFromAsync(sandbox.Id, "/tmp/out", Path.Combine(_work, "out"));
        Assert.Equal(["data", "ok"], Directory.EnumerateFileSystemEntries(Path.Combine(_work, "out")).Select(Path.GetFileName).Order());
        Assert.Equal("../file", new FileInfo(Path.Combine(_work, "out/ok/inner")).LinkTarget);
        Assert.Equal(4, result.Skipped.Count);
        Assert.Equal("untouched", File.ReadAllText(Path.Combine(shared, "file")));
    }

    [Fact]
    public async Task A_copy_into_a_full_sandbox_says_so()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn", s => s with { DiskLimit = 64L << 20 });
        Images.ImageTestStore.Run("truncate", "-s", "200M", Path.Combine(_work, "large"));
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CopyToAsync(sandbox.Id, Path.Combine(_work, "large"), "/var/large", user: "root"));
        Assert.Equal(SandboxErrorId.CopyFailed, e.ErrorId);
        Assert.Contains("no space", e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, (await host.ShellAsync(sandbox, "test ! -e /var/large")).ExitCode);
    }

    [Fact]
    public async Task A_cancelled_copy_ends_on_both_sides()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn");
        await host.ShellAsync(sandbox, "truncate -s 5G /tmp/large");
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Manager.CopyFromAsync(sandbox.Id, "/tmp/large", Path.Combine(_work, "large"), cancellationToken: cancel.Token));
        Assert.False(File.Exists(Path.Combine(_work, "large")));
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "cat /proc/*/cmdline | tr '\\0' ' ' | grep -q tar-[c]reate")).ExitCode);
    }

    private static async Task AssertAsync(string errorId, Func<Task> copy) => Assert.Equal(errorId, (await Assert.ThrowsAsync<SandboxException>(copy)).ErrorId);

    private sealed class Recorder(List<CopyProgress> seen) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => seen.Add(value);
    }
}
