using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Peers;

/// <summary>Plain systemd-nspawn(1) with the options that the nspawn backend hardens it with, over a small root with the machine's /usr.</summary>
internal sealed class RawNspawn : IDisposable
{
    // Any range that no sandbox uses: sandboxes of the product take multiples of 65536 at random; this run has its own folder.
    private const int Shift = 0x6FFE0000;
    private readonly string _root = Directory.CreateTempSubdirectory("asb-bench-").FullName;

    private RawNspawn()
    {
    }

    /// <summary>Makes the root.</summary>
    /// <returns>The peer, or null where systemd-nspawn is not installed.</returns>
    public static async Task<RawNspawn?> CreateAsync()
    {
        if (Shell.Find("systemd-nspawn") is null)
        {
            return null;
        }

        var peer = new RawNspawn();
        foreach (string folder in (string[])["usr", "etc", "proc", "sys", "dev", "run", "tmp", "root", "var/tmp"])
        {
            Directory.CreateDirectory(Path.Combine(peer._root, folder));
        }

        foreach (string link in (string[])["bin", "sbin", "lib", "lib64"])
        {
            File.CreateSymbolicLink(Path.Combine(peer._root, link), $"usr/{link}");
        }

        File.Copy("/usr/lib/os-release", Path.Combine(peer._root, "etc/os-release"));
        await Shell.RunAsync("chown", "-hR", $"{Shift}:{Shift}", peer._root);
        return peer;
    }

    /// <summary>Runs /bin/true.</summary>
    /// <returns>A task that completes at its end.</returns>
    public Task RunTrueAsync() => Shell.RunAsync(
        "systemd-nspawn",
        "-q",
        "--register=no",
        "--keep-unit",
        "--pipe",
        "-D",
        _root,
        "--bind-ro=/usr",
        $"--private-users={Shift}:65536",
        "--private-users-ownership=off",
        "--read-only",
        "--tmpfs=/var/tmp:mode=1777,size=64M",
        "--private-network",
        "--no-new-privileges=yes",
        "--drop-capability=all",
        "--system-call-filter=~@mount unshare setns io_uring_setup io_uring_enter io_uring_register userfaultfd vmsplice kcmp name_to_handle_at",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "/bin/true");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);
}
