namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>What an instance is given. What is not in here is the same for all: switched off, or on where that protects.</summary>
internal sealed record SandboxConfiguration
{
    /// <summary>A network through address translation: what this machine reaches, the instance reaches.</summary>
    public required bool Networking { get; init; }

    /// <summary>Memory in MiB; Windows would raise less than <see cref="ConfigurationRules.LowestMemory"/> without a word.</summary>
    public required int MemoryInMB { get; init; }

    /// <summary>Folders of the host.</summary>
    public required IReadOnlyList<MappedFolder> Folders { get; init; }

    /// <summary>Command line that the older way runs at logon; null where <c>wsb exec</c> starts the guest.</summary>
    public string? LogonCommand { get; init; }
}

/// <summary>A folder of the host that an instance sees.</summary>
/// <param name="HostFolder">Absolute path of an existing folder.</param>
/// <param name="SandboxFolder">Absolute path in the instance, where it is made.</param>
/// <param name="ReadOnly">It can't be written from inside.</param>
internal sealed record MappedFolder(string HostFolder, string SandboxFolder, bool ReadOnly);
