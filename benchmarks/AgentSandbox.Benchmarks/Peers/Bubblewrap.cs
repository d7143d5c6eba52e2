using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Peers;

/// <summary>bwrap(1): what Flatpak and several agents use. No system call filter and no limits of its own.</summary>
internal static class Bubblewrap
{
    /// <summary>It is installed.</summary>
    public static bool IsHere => Shell.Find("bwrap") is not null;

    /// <summary>Runs /bin/true.</summary>
    /// <returns>A task that completes at its end.</returns>
    public static Task RunTrueAsync() => Shell.RunAsync(
        "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/bin/true");
}
