using AgentSandbox.Backends;
using AgentSandbox.State;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker;

/// <summary>An engine that takes a limit and then drops it, as moby does where a control group is missing.</summary>
[Collection(nameof(SandboxPrograms))]
public sealed class DiscardedLimitTests
{
    [Theory]
    [InlineData("Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.")]
    [InlineData("Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.")]
    public async Task A_limit_that_the_engine_drops_is_an_error_and_the_container_is_removed(string warning)
    {
        await using var engine = StandInEngine.OnUnixSocket();
        string id = new('a', 64);
        engine.On("GET", "/info", """{"OSType":"linux","Architecture":"x86_64","MemoryLimit":true,"PidsLimit":true,"CpuCfsQuota":true,"NCPU":2,"Driver":"overlay2","DriverStatus":[["Backing Filesystem","extfs"]]}""");
        engine.On("GET", "/images/*/json", """{"Id":"sha256:0","Os":"linux","Architecture":"amd64"}""");
        engine.On("POST", "/containers/create", $$"""{"Id":"{{id}}","Warnings":["IPv4 forwarding is disabled.","{{warning}}"]}""");
        engine.On("GET", "/containers/*/json", (_, connection) => connection.AnswerAsync(404, """{"message":"no such container"}""", "application/json"));
        engine.On("DELETE", $"/containers/{id}", (_, connection) => connection.AnswerAsync(204, "", "text/plain"));
        string home = Directory.CreateTempSubdirectory("agsb-").FullName;
        await using var manager = new SandboxManager(new SandboxHome(home), engine.Endpoint);
        string? before = SandboxPrograms.Folder;
        SandboxPrograms.Folder = home;
        await File.WriteAllBytesAsync(Path.Combine(home, "agentsandbox-guest"), []);

        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => manager.CreateAsync(new SandboxSpecification { Backend = "Docker", Image = "someimage:1" }));

        Assert.Equal(SandboxErrorId.NotEnforceable, e.ErrorId);
        Assert.Contains(warning, e.Message, StringComparison.Ordinal);
        Assert.Contains(engine.Requests, r => r.Method == "DELETE");
        Assert.DoesNotContain(engine.Requests, r => r.Path.EndsWith("/start", StringComparison.Ordinal));
        SandboxPrograms.Folder = before;
        Directory.Delete(home, recursive: true);
    }
}
