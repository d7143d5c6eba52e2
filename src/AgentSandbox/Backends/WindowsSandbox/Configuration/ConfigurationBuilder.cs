namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>Makes the configuration of a sandbox, and makes sure that it says what was meant.</summary>
internal static class ConfigurationBuilder
{
    /// <summary>Makes it.</summary>
    /// <param name="specification">Valid, with defaults.</param>
    /// <param name="folders">Our own folders for it.</param>
    /// <param name="logonCommand">For the older way; else null.</param>
    /// <param name="host">The host's file system.</param>
    /// <returns>XML on one line.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.StartFailed"/>: a rule is broken by now, such as a folder that is gone.</exception>
    public static string Build(SandboxSpecification specification, IReadOnlyList<MappedFolder> folders, string? logonCommand, IHostFolders host)
    {
        var configuration = new SandboxConfiguration
        {
            Networking = specification.Network == NetworkMode.Host,
            MemoryInMB = (int)(specification.Memory!.Value >> 20),
            Folders = [.. folders, .. specification.Mounts.Select(m => new MappedFolder(m.Source, m.Target, m.ReadOnly))],
            LogonCommand = logonCommand,
        };
        string[] problems = [.. ConfigurationRules.Problems(configuration, host)];
        if (problems.Length > 0)
        {
            throw new SandboxException(SandboxErrorId.StartFailed, string.Join(" ", problems), "Correct the mounts and try again.", specification.Name);
        }

        string xml = ConfigurationXml.Write(configuration);
        SandboxConfiguration read = ConfigurationXml.Read(xml);
        return xml.Length <= ConfigurationRules.MaxLength && read with { Folders = [] } == configuration with { Folders = [] } && read.Folders.SequenceEqual(configuration.Folders)
            ? xml
            : throw new SandboxException(SandboxErrorId.StartFailed, "The configuration can't be passed on as it was meant.", "Use fewer mounts with shorter paths.", specification.Name);
    }
}
