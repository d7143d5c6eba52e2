using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Tests.Docker;

/// <summary>What an engine says about a start that it refuses, as docker and containerd word it.</summary>
public sealed class EngineRefusalTests
{
    [Theory]
    [InlineData("unable to find user nobody2: no matching entries in passwd file", SandboxErrorId.UserNotFound)]
    [InlineData("--storage-opt is supported only for overlay over xfs with 'pquota' mount option", SandboxErrorId.NotEnforceable)]
    [InlineData("write /var/lib/docker/tmp: no space left on device", SandboxErrorId.DiskFull)]
    [InlineData("Minimum memory limit allowed is 6MB", SandboxErrorId.MemoryTooSmall)]
    [InlineData("invalid mount config for type \"bind\": bind source path does not exist: /no", SandboxErrorId.MountSourceNotFound)]
    [InlineData("unknown or invalid runtime name: runsc", SandboxErrorId.BackendNotAvailable)]
    [InlineData("exec /bin/sh: exec format error", SandboxErrorId.ImageNotCompatible)]
    [InlineData("words that nobody has seen before", SandboxErrorId.EngineFailed)]
    public void Its_words_become_an_error_id_and_stay_in_the_message(string words, string id)
    {
        SandboxException e = EngineRefusal.Translate(new DockerEngineException(500, words), "The sandbox 'x' could not be made:", "x");
        Assert.Equal(id, e.ErrorId);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.NotEmpty(e.RecommendedAction);
    }
}
