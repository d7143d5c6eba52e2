using System.Management.Automation;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Session;

/// <summary>
/// Whether the code that runs is the code of the module that was imported. .NET unloads no assembly, so where a process has imported one version of the module, PowerShell takes that
/// version's assembly for every other one that is imported later, and says nothing: it shows the new version's number, and runs the old code. Nobody may run an old version's
/// isolation and believe that it is the new one's.
/// </summary>
internal static class LoadedModule
{
    private static readonly string s_file = typeof(LoadedModule).Assembly.Location;
    private static readonly string s_folder = Path.GetDirectoryName(s_file) ?? "";

    /// <summary>Looks whether a cmdlet's module is the one whose code runs. In the usual case this is a comparison of two texts.</summary>
    /// <param name="module">The module that the cmdlet was imported from; null when it was not imported by one.</param>
    /// <exception cref="SandboxException"><see cref="CmdletErrorId.ModuleVersionMismatch"/>.</exception>
    public static void Check(PSModuleInfo? module)
    {
        if (module?.ModuleBase is not { Length: > 0 } folder || s_folder.Length == 0 || folder == s_folder || IsSameBuild(Path.Combine(folder, Path.GetFileName(s_file))))
        {
            return;
        }

        throw new SandboxException(
            CmdletErrorId.ModuleVersionMismatch,
            $"AgentSandbox {module.Version} was imported from '{folder}', but this process has loaded the code of version {typeof(LoadedModule).Assembly.GetName().Version?.ToString(3)} from '{s_folder}' before, and would run that.",
            "Start a new PowerShell and import the version that you want: a process keeps the first one that it loads.",
            folder);
    }

    /// <summary>The same file by another path, such as a link, is the same code.</summary>
    private static bool IsSameBuild(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(file);
            using PEReader image = new(stream);
            MetadataReader metadata = image.GetMetadataReader();
            return metadata.GetGuid(metadata.GetModuleDefinition().Mvid) == typeof(LoadedModule).Assembly.ManifestModule.ModuleVersionId
                && metadata.GetAssemblyDefinition().Version == typeof(LoadedModule).Assembly.GetName().Version;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return false; // What can't be read can't be known to be the same.
        }
    }
}
