using System.Globalization;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Images;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>What may be asked of a Hyper-V container. Refused is what an engine on Windows rejects or passes over without a word.</summary>
internal static class HyperVRules
{
    /// <summary>What images there are.</summary>
    public const string ImageAdvice = "Name a Windows image with -Image: windows/nanoserver, windows/servercore or windows/server of Microsoft's container registry, with the tag of a Windows version, such as ltsc2022 (they have no tag 'latest').";

    /// <summary>What a fresh container's disk is; storage can be made larger than that, not smaller.</summary>
    private const long SmallestDisk = 20L << 30;

    /// <summary>Longest name of a Windows computer, NetBIOS.</summary>
    private const int MaxHostname = 15;

    /// <summary>What isn't isolated, and what can't be promised without a guest program.</summary>
    public static IReadOnlyList<string> Gaps { get; } =
    [
        "the number of processes: Windows has no limit for it",
        "disk use, unless a limit of 20 GB or more is given: a container has what its engine gives each",
        "a command alone: it is ended (time-out, Ctrl+C) by the image's taskkill; where that is missing or fails, the whole sandbox is stopped",
        "what a command leaves behind: a process whose parent has ended is not found when the command is ended, and lives until the sandbox stops",
        "the time to live and the end of a throw-away sandbox, against commands run as ContainerAdministrator: they can hold up the process that keeps it",
        "the hardware: side channels of the processor",
    ];

    /// <summary>Finds what can't be enforced.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="facts">The engine.</param>
    /// <param name="endpoint">Where it is.</param>
    /// <returns>The problems.</returns>
    public static IEnumerable<SpecificationProblem> Problems(SandboxSpecification specification, EngineFacts facts, DockerEndpoint endpoint) =>
        Image(specification).Concat(Limits(specification, facts)).Concat(Identity(specification)).Concat(Mounts(specification, endpoint)).Concat(GuestAllowances.RefuseAll(specification));

    /// <summary>What a user should be told.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The warnings.</returns>
    public static IReadOnlyList<string> Warnings(SandboxSpecification specification) =>
        string.Equals(specification.User, WindowsPrograms.Administrator, StringComparison.OrdinalIgnoreCase)
            ? ["Commands run as the container's administrator, who can hold up the process that ends the sandbox in time. Leave out -User (ContainerUser) if you don't want that."]
            : [];

    /// <summary>Checks the form of a user.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The same.</returns>
    /// <exception cref="SandboxException">Windows has no such users.</exception>
    public static string CheckUser(string user) => IsUser(user) ? user : throw new SandboxException(SandboxErrorId.InvalidSpecification, UserMessage, UserAdvice, user);

    private const string UserMessage = "A user of a Windows container is the name of an account; there are no groups and no numbers.";

    private const string UserAdvice = "Write a name, such as ContainerUser or ContainerAdministrator.";

    private static IEnumerable<SpecificationProblem> Image(SandboxSpecification specification)
    {
        if (string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase))
        {
            yield return new(SandboxErrorId.ImageNotCompatible, "Image", $"The image '{SandboxSpecification.HostImage}' is a Linux machine's own /usr, and a Hyper-V container needs a Windows image.", ImageAdvice);
        }
        else if (ImageReference.TryParse(specification.Image) is { Tag: "latest" } reference && reference.Path.StartsWith("windows/", StringComparison.Ordinal) && !specification.NoPull)
        {
            yield return new(SandboxErrorId.ImageNotFound, "Image", $"The image '{specification.Image}' has no tag 'latest'.", ImageAdvice);
        }
    }

    private static IEnumerable<SpecificationProblem> Limits(SandboxSpecification specification, EngineFacts facts)
    {
        if (specification.PidLimit > 0)
        {
            yield return NotEnforceable("PidLimit", "Windows can't limit the number of processes.", "Leave -PidLimit out.");
        }

        if (specification.DiskLimit > 0 && facts.Info.Driver != "windowsfilter")
        {
            yield return NotEnforceable("DiskLimit", $"The engine's storage ({GuestText.Clean(facts.Info.Driver)}) can't limit disk use.", "Leave -DiskLimit out.");
        }
        else if (specification.DiskLimit is > 0 and < SmallestDisk)
        {
            yield return NotEnforceable("DiskLimit", $"The disk of a Windows container can't be smaller than {ByteSize.Format(SmallestDisk)}.", $"Give at least {ByteSize.Format(SmallestDisk)}, or leave -DiskLimit out.");
        }

        if (specification.ReadOnly)
        {
            yield return NotEnforceable("ReadOnly", "Windows has no read-only root file system for containers.", "Leave -ReadOnly out; what a sandbox writes is deleted with it.");
        }

        if (specification.IdleTimeout is not null)
        {
            yield return NotEnforceable("IdleTimeout", "There is no guest program in a Windows container that would see that it is idle.", "Use -TimeToLive.");
        }

        if (specification.Network == NetworkMode.Host)
        {
            yield return NotEnforceable("Network", "A Windows container can't have the host's network.", "Use -Network None.");
        }
    }

    private static IEnumerable<SpecificationProblem> Identity(SandboxSpecification specification)
    {
        if (specification.User is { } user && !IsUser(user))
        {
            yield return new(SandboxErrorId.InvalidSpecification, "User", UserMessage, UserAdvice);
        }

        if (specification.Hostname is { } name && (name.Length > MaxHostname || name.Contains('.', StringComparison.Ordinal) || name.All(char.IsAsciiDigit)))
        {
            yield return new(SandboxErrorId.InvalidSpecification, "Hostname", "The name is none for a Windows computer.", string.Create(CultureInfo.InvariantCulture, $"Use 1 to {MaxHostname} letters, digits or '-', not only digits."));
        }
    }

    private static IEnumerable<SpecificationProblem> Mounts(SandboxSpecification specification, DockerEndpoint endpoint)
    {
        if (specification.Mounts.Count > 0 && !SeesThisMachine(endpoint))
        {
            yield return new(SandboxErrorId.MountNotSupported, "Mount", "The engine is not known to be on this machine, whose folders it would have to see.", "Copy what the sandbox needs with Copy-SandboxItem.");
        }

        foreach (SandboxMount mount in specification.Mounts.Where(m => File.Exists(m.Source)))
        {
            yield return new(SandboxErrorId.MountNotSupported, "Mount", $"'{mount.Source}' is a file; a Windows container can be given folders only.", "Mount its folder, or copy the file with Copy-SandboxItem.");
        }
    }

    private static bool SeesThisMachine(DockerEndpoint endpoint) =>
        OperatingSystem.IsWindows() && endpoint.Address.StartsWith("npipe:////./", StringComparison.OrdinalIgnoreCase);

    private static bool IsUser(string user) => !user.Contains(':', StringComparison.Ordinal) && !user.All(char.IsAsciiDigit);

    private static SpecificationProblem NotEnforceable(string parameter, string message, string action) => new(SandboxErrorId.NotEnforceable, parameter, message, action);
}
