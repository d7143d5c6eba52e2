namespace AgentSandbox.Backends.Wsl;

/// <summary>
/// The rule for the sources of mounts. A path that begins with <c>/</c> is the distribution's and bound as it is. A path on a drive of Windows is read on
/// this machine and copied into the distribution when the sandbox is made, so it can be mounted read-only only: binding it would need the distribution's access to
/// the drives, which is cut, and which would be the way out for whoever breaks out of a sandbox.
/// </summary>
internal static class WslMount
{
    /// <summary>Folder of the distribution that holds what was copied; the provider makes and removes it.</summary>
    public const string CopiesFolder = "/var/lib/agentsandbox/mounts";

    /// <summary>What WSL puts there is Windows': its drives, its sockets, what all distributions share. Never bound, wherever it comes from.</summary>
    private static readonly string[] s_forbidden = ["/mnt", "/run", "/init", "/proc", "/sys", "/dev", "/usr/lib/wsl"];

    /// <summary>The source is a path inside the distribution.</summary>
    /// <param name="source">The source.</param>
    /// <returns>True for a path that begins with one slash.</returns>
    public static bool IsInDistribution(string source) => source is ['/'] or ['/', not '/', ..];

    /// <summary>The source was copied into the distribution.</summary>
    /// <param name="source">The source, as the distribution names it.</param>
    /// <returns>True when it is below <see cref="CopiesFolder"/>.</returns>
    public static bool IsCopy(string source) => source.StartsWith(CopiesFolder + "/", StringComparison.Ordinal);

    /// <summary>Finds what is wrong with a mount, as far as this machine can tell.</summary>
    /// <param name="mount">The mount.</param>
    /// <returns>The problem, or null.</returns>
    public static SpecificationProblem? Check(SandboxMount mount)
    {
        if (IsInDistribution(mount.Source))
        {
            return CheckInDistribution(mount.Source);
        }

        if (!IsOnDrive(mount.Source))
        {
            return Problem(SandboxErrorId.MountNotSupported, $"The source '{mount.Source}' is neither on a drive of this machine nor in the distribution.", @"Write C:\folder, or /folder for one inside the distribution. Copy what is on a network share to a drive first.");
        }

        if (!mount.ReadOnly)
        {
            return Problem(SandboxErrorId.NotEnforceable, $"'{mount.Source}' can't be mounted writable: the distribution has no access to the drives of Windows, and is not given any.", "Mount it read-only (it is copied), and fetch results with Copy-SandboxItem; or mount a folder of the distribution.");
        }

        if (!Path.Exists(mount.Source))
        {
            return Problem(SandboxErrorId.MountSourceNotFound, $"The source '{mount.Source}' does not exist.", "Create it, or correct the path.");
        }

        return File.ResolveLinkTarget(mount.Source, returnFinalTarget: false) is null ? null
            : Problem(SandboxErrorId.MountNotSupported, $"The source '{mount.Source}' is a link; links are not followed.", "Name what it leads to.");
    }

    private static SpecificationProblem? CheckInDistribution(string source)
    {
        if (!SpecificationValidator.IsCleanPath(source))
        {
            return Problem(SandboxErrorId.InvalidMount, $"The source '{SandboxName.Printable(source)}' is no clean path.", "Write an absolute path without '..'.");
        }

        string normal = "/" + string.Join('/', source.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "."));
        return normal == "/" || s_forbidden.Any(f => normal == f || normal.StartsWith(f + "/", StringComparison.Ordinal))
            ? Problem(SandboxErrorId.MountNotSupported, $"'{source}' of the distribution can't be mounted: it is, or may lead to, what WSL shares with Windows and other distributions.", "Mount a folder of the distribution's own, such as one below /srv.")
            : null;
    }

    private static bool IsOnDrive(string source) => source is [var drive, ':', '\\' or '/', ..] && char.IsAsciiLetter(drive);

    private static SpecificationProblem Problem(string id, string message, string action) => new(id, "Mount", message, action);
}
