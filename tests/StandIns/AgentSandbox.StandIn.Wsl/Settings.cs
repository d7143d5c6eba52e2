using System.Globalization;

namespace AgentSandbox.StandIn.Wsl;

/// <summary>What a test chooses, by environment variables.</summary>
internal static class Settings
{
    /// <summary>Folder of all that is "registered".</summary>
    public static string State { get; } = Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL") is { Length: > 0 } folder ? folder
        : throw new InvalidOperationException("AGENTSANDBOX_STANDIN_WSL must name a folder for the stand-in's state.");

    /// <summary>Time without a wsl.exe after which a distribution ends.</summary>
    public static TimeSpan IdleTimeout { get; } = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_IDLE") ?? "15", CultureInfo.InvariantCulture));

    /// <summary>Its own words are German.</summary>
    public static bool IsGerman { get; } = Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_LANGUAGE") == "de";

    /// <summary>A token with which every call fails, as on a machine that lacks something.</summary>
    public static string? Failure { get; } = Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_FAILURE") is { Length: > 0 } token ? token : null;

    /// <summary>Name of a distribution that starts as if it had no /etc/wsl.conf.</summary>
    public static string IgnoredConfiguration { get; } = Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_IGNORE") ?? "";

    /// <summary>WSL's version.</summary>
    public static string Version { get; } = Environment.GetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_VERSION") ?? "2.4.13.0";
}
