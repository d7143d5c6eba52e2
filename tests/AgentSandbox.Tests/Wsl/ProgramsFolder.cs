using AgentSandbox.Backends;

namespace AgentSandbox.Tests.Wsl;

/// <summary>Tests that point <see cref="SandboxPrograms.Folder"/>, which is the whole process's, at a folder of their own: one after the other, and none beside them.</summary>
[CollectionDefinition(nameof(SandboxPrograms), DisableParallelization = true)]
public sealed class ProgramsFolder;
