using System.Reflection;

namespace AgentSandbox.Host.CommandLine;

/// <summary>The version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>Version without build metadata, such as <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? typeof(ProductVersion).Assembly.GetName().Version?.ToString(3)
        ?? "unknown";
}
