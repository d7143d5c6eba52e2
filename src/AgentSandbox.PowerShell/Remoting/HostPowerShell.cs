using System.Management.Automation;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>
/// The PowerShell for script blocks in sandboxes of the image <c>host</c>: that of this machine. The image has this machine's /usr; a PowerShell or .NET elsewhere is mounted read-only, when the
/// sandbox is made, at a place of its own. It is a mount like any that is asked for, and shown as one.
/// </summary>
internal static class HostPowerShell
{
    /// <summary>Where PowerShell's folder is mounted.</summary>
    public const string Target = "/opt/agentsandbox/powershell";

    /// <summary>Where .NET is mounted, when this PowerShell runs on one that is not part of it.</summary>
    public const string DotnetTarget = "/opt/agentsandbox/dotnet";

    private const string InImage = "/usr/";

    /// <summary>Folder of the PowerShell that runs this: $PSHOME.</summary>
    private static string Home { get; } = Path.GetDirectoryName(typeof(PSObject).Assembly.Location) ?? "";

    /// <summary>Folder of the .NET that it runs on.</summary>
    private static string Runtime { get; } = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";

    /// <summary>Adds the mounts to a specification.</summary>
    /// <param name="specification">The specification, its backend chosen.</param>
    /// <returns>The specification; unchanged where the host's PowerShell can't run or is there already.</returns>
    public static SandboxSpecification AddTo(SandboxSpecification specification)
    {
        if (!IsHostImage(specification.Backend, specification.Image) || Home.Length == 0 || specification.Mounts.Any(mount => Is(mount, Target)))
        {
            return specification;
        }

        List<SandboxMount> mounts = [.. specification.Mounts];
        if (!Home.StartsWith(InImage, StringComparison.Ordinal))
        {
            mounts.Add(new SandboxMount { Source = Home, Target = Target });
        }

        if (DotnetRoot is { } root && !root.StartsWith(InImage, StringComparison.Ordinal) && !mounts.Any(mount => Is(mount, DotnetTarget)))
        {
            mounts.Add(new SandboxMount { Source = root, Target = DotnetTarget });
        }

        return specification with { Mounts = mounts };
    }

    /// <summary>How PowerShell is started in a sandbox.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <returns>Program and first arguments.</returns>
    public static IReadOnlyList<string> ProgramIn(Sandbox sandbox)
    {
        if (sandbox.Mounts.FirstOrDefault(mount => Is(mount, Target)) is { } mount)
        {
            // The mount may be of another PowerShell than this, so its folder is looked at.
            bool complete = File.Exists(Path.Combine(mount.Source, "libcoreclr.so"));
            bool ownDotnet = sandbox.Mounts.Any(m => Is(m, DotnetTarget));
            return complete ? [$"{Target}/pwsh"] : [ownDotnet ? $"{DotnetTarget}/dotnet" : $"{DotnetRoot ?? "/usr/share/dotnet"}/dotnet", $"{Target}/pwsh.dll"];
        }

        return IsHostImage(sandbox.Backend, sandbox.Image) && Home.StartsWith(InImage, StringComparison.Ordinal)
            ? DotnetRoot is { } root ? [$"{root}/dotnet", $"{Home}/pwsh.dll"] : [$"{Home}/pwsh"]
            : [PowerShellName];
    }

    /// <summary>Puts the sandbox's PowerShell in the place of the program <c>pwsh</c>.</summary>
    /// <param name="command">A command; one of another program stays as it is.</param>
    /// <param name="sandbox">The sandbox.</param>
    /// <returns>The command.</returns>
    public static CommandSpecification Find(CommandSpecification command, Sandbox sandbox) =>
        command.Arguments[0] == PowerShellName ? command with { Arguments = [.. ProgramIn(sandbox), .. command.Arguments.Skip(1)] } : command;

    /// <summary>Name of PowerShell's program in an image of its own.</summary>
    public const string PowerShellName = "pwsh";

    /// <summary>Root of the .NET; null when it is part of PowerShell's folder.</summary>
    private static string? DotnetRoot =>
        string.Equals(Home, Runtime, StringComparison.Ordinal) ? null : Path.GetFullPath(Path.Combine(Runtime, "..", "..", ".."));

    private static bool IsHostImage(string backend, string image) =>
        OperatingSystem.IsLinux() && backend is "Nspawn" or "Chroot" or "Docker" or "GVisor" && string.Equals(image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase);

    private static bool Is(SandboxMount mount, string target) => string.Equals(mount.Target.TrimEnd('/'), target, StringComparison.Ordinal);
}
