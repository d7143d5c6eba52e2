using AgentSandbox.Images.Build;

namespace AgentSandbox.IntegrationTests.Images;

/// <summary>Images of a release, with the real mmdebstrap and the machine's own package archive.</summary>
public sealed class ReleaseImageTests : IDisposable
{
    private readonly ImageTestStore _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task This_machines_release_becomes_an_image_with_nothing_of_this_machine_in_it()
    {
        string release = File.ReadLines("/etc/os-release").Single(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))["VERSION_CODENAME=".Length..];
        List<SandboxProgress> seen = [];
        SandboxImage image = await _test.Store.CreateFromReleaseAsync("d", release, ["hello"], progress: new Recorder(seen));
        Assert.Equal(("Distribution", release), (image.Kind, image.Source));
        Assert.Contains("Hello", ImageTestStore.Run("chroot", image.RootPath, "hello"), StringComparison.Ordinal);
        Assert.Equal("", File.ReadAllText(Path.Combine(image.RootPath, "etc/resolv.conf")));
        Assert.False(Path.Exists(Path.Combine(image.RootPath, "etc/hostname")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(image.RootPath, "dev")));
        Assert.Equal(100, seen[^1].PercentComplete);
        Assert.Equal(seen.Select(p => p.PercentComplete).Order(), seen.Select(p => p.PercentComplete));
        _test.Store.Remove("d");
        Assert.Empty(_test.Entries);
    }

    [Fact]
    public async Task An_archive_that_can_not_be_reached_is_an_error_with_the_reason_and_leaves_nothing()
    {
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => _test.Store.CreateFromReleaseAsync("x", "bookworm", mirror: $"file://{_test.Work}/nosuch"));
        Assert.Equal(SandboxErrorId.ImageBuildFailed, e.ErrorId);
        Assert.Contains("nosuch", e.Message, StringComparison.Ordinal);
        Assert.Empty(_test.Entries);
    }

    [Fact]
    public async Task Cancelling_ends_mmdebstrap_and_leaves_nothing()
    {
        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _test.Store.CreateFromReleaseAsync("x", "bookworm", progress: new CancelOnStep(cancel), cancellationToken: cancel.Token));
        Assert.Empty(_test.Entries);
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            Assert.DoesNotContain(_test.Work, CommandLine(process), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_program_is_named_with_its_package()
    {
        SandboxException e = Assert.Throws<SandboxException>(() => ChildProgram.RequireInstalled("no-such-program", "no-such-package"));
        Assert.Equal((SandboxErrorId.ImageBuildFailed, "apt-get install no-such-package"), (e.ErrorId, e.RecommendedAction));
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // It ended while it was looked at.
        }
    }

    private sealed class Recorder(List<SandboxProgress> seen) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => seen.Add(value);
    }

    private sealed class CancelOnStep(CancellationTokenSource cancel) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value)
        {
            if (value.PercentComplete >= 5)
            {
                cancel.Cancel();
            }
        }
    }
}
