namespace AgentSandbox.Guest.Probes;

/// <summary>Finds a place of the sandbox's own where a probe may make a file or folder for a moment.</summary>
internal static class SandboxFolder
{
    // /dev too: it is often the one writable file system on which device nodes count.
    private static readonly string[] s_candidates = ["/tmp", "/var/tmp", "/run", "/dev/shm", "/root", "/dev"];

    /// <summary>Folders in which a file can be made.</summary>
    /// <param name="only">The one folder that may be used, when the probe runs as a control on the host.</param>
    public static IEnumerable<string> Writable(string? only = null)
    {
        foreach (string folder in only is null ? s_candidates : [only])
        {
            string name = NewName(folder);
            KernelResult made = Kernel.CallPath("mkdirat", name, 0x1C0 /* rwx------ */);
            if (made.Ok)
            {
                Kernel.CallPath("rmdir", name);
                yield return folder;
            }
        }
    }

    /// <summary>A name in a folder that nobody has.</summary>
    public static string NewName(string folder) => $"{folder}/.agentsandbox-probe-{Guid.NewGuid():N}";
}
