using System.Globalization;
using System.Text.RegularExpressions;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// Which Windows images a host can run with Hyper-V isolation. Asked before a container is made: the engine itself finds out when it starts one, with
/// 0xc0370101. <c>learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility</c>.
/// </summary>
internal static partial class WindowsVersions
{
    /// <summary>Windows Server 2016, the first with containers.</summary>
    private const int Server2016 = 14393;

    /// <summary>Windows Server 2019, the last that Windows 10 runs.</summary>
    private const int Server2019 = 17763;

    /// <summary>The first Windows 11.</summary>
    private const int Windows11 = 22000;

    /// <summary>Says why an image can't run.</summary>
    /// <param name="host">What the engine says about its machine.</param>
    /// <param name="imageVersion">The image's <c>OsVersion</c>, such as <c>10.0.20348.2700</c>.</param>
    /// <returns>The reason as the end of a sentence; null when it can run, or one of the two does not say its version, so that the engine has to find out.</returns>
    public static string? WhyNot(EngineInfo host, string? imageVersion)
    {
        if (HostBuild(host) is not { } hostBuild || Build(Dotted(), imageVersion) is not { } imageBuild)
        {
            return null;
        }

        bool isClient = host.OperatingSystem?.Contains("Server", StringComparison.OrdinalIgnoreCase) != true;
        bool isWindows10 = isClient && hostBuild < Windows11;
        return imageBuild < Server2016 ? $"it is older ({imageBuild}) than the first Windows that containers can be made of ({Server2016})"
            : imageBuild > hostBuild ? $"it is newer ({imageBuild}) than the engine's Windows ({hostBuild}), and Hyper-V isolation runs images of the same or an older version"
            : isWindows10 && imageBuild > Server2019 ? $"the engine's machine runs Windows 10 ({hostBuild}), which runs images up to Windows Server 2019 ({Server2019}), and this one is {imageBuild}"
            : null;
    }

    /// <summary>Finds the build number of the engine's Windows: where it is written depends on the engine's version.</summary>
    /// <param name="host">What the engine says about its machine.</param>
    /// <returns>The build, such as 20348; null when none is said.</returns>
    public static int? HostBuild(EngineInfo host) =>
        Build(Dotted(), host.OSVersion) ?? Build(InWords(), host.OperatingSystem) ?? Build(Spaced(), host.KernelVersion);

    private static int? Build(Regex where, string? text) =>
        where.Match(text ?? "") is { Success: true } match ? int.Parse(match.Groups["build"].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"\A10\.0\.(?<build>[0-9]{4,6})(\.|\z)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Dotted();

    [GeneratedRegex(@"Build (?<build>[0-9]{4,6})\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex InWords();

    [GeneratedRegex(@"\A10\.0 (?<build>[0-9]{4,6})\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Spaced();
}
