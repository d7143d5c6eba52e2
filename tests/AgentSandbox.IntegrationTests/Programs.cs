using System.Reflection;
using System.Runtime.CompilerServices;
using AgentSandbox.Backends;

namespace AgentSandbox.IntegrationTests;

/// <summary>The programs that the build laid out, for the library under test and for tests that run them.</summary>
internal static class Programs
{
    public static string Folder { get; } =
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ProgramsFolder").Value!;

    [ModuleInitializer]
    internal static void PointTheLibraryAtThem() => SandboxPrograms.Folder = Folder;
}
