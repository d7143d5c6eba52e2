using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.State;

namespace AgentSandbox.Tests.Docker;

/// <summary>Labels are all that is known about a sandbox, and anybody who reaches the engine can write some.</summary>
public sealed class ContainerLabelsTests
{
    private const string Scope = "0123abcd";

    private static readonly ContainerRecord s_record = new()
    {
        Name = "Box",
        Specification = new SandboxSpecification
        {
            Name = "Box", Backend = "Docker", Memory = 1 << 28, Cpu = 0.5, Network = NetworkMode.None, Mounts = [SandboxMount.Parse("/src:/work:rw")],
            Environment = new Dictionary<string, string> { ["A"] = "ü\"'\n" }, TimeToLive = TimeSpan.FromHours(1),
        },
        Created = DateTimeOffset.UnixEpoch,
        Expires = DateTimeOffset.UnixEpoch.AddHours(1),
        User = "1000:1000",
        Environment = new Dictionary<string, string> { ["PATH"] = "/bin" },
        Nonce = "n",
    };

    private static readonly string[] s_names = ["/agentsandbox-0123abcd-box"];

    [Fact]
    public void What_is_written_is_read_again()
    {
        ContainerRecord read = ContainerLabels.TryRead(Scope, ContainerLabels.Write(Scope, s_record), s_names)!;
        Assert.Equal(s_record.Specification.Mounts, read.Specification.Mounts);
        Assert.Equal(s_record.Specification.Environment, read.Specification.Environment);
        Assert.Equal(s_record with { Specification = read.Specification, Environment = read.Environment, Warnings = read.Warnings }, read);
    }

    [Fact]
    public void A_container_is_ours_only_when_everything_fits()
    {
        Assert.Null(ContainerLabels.TryRead(Scope, null, s_names));
        Assert.Null(ContainerLabels.TryRead(Scope, new Dictionary<string, string>(), s_names));
        Assert.Null(ContainerLabels.TryRead("", ContainerLabels.Write(Scope, s_record), s_names));
        Assert.Null(ContainerLabels.TryRead(Scope, ContainerLabels.Write(Scope, s_record), ["/agentsandbox-0123abcd-other"]));
        Assert.Null(ContainerLabels.TryRead(Scope, ContainerLabels.Write(Scope, s_record), []));
        Assert.Null(ContainerLabels.TryRead(Scope, ContainerLabels.Write(Scope, s_record), [null]));
        foreach ((string label, string value) in new[]
        {
            (ContainerLabels.Version, "2"), (ContainerLabels.Name, "Other"), ("agentsandbox.record", ""), ("agentsandbox.record", "null"), ("agentsandbox.record", "{"),
            ("agentsandbox.record", "[]"), ("agentsandbox.record", "{\"Name\":\"Box\"}"), ("agentsandbox.record", "{\"Name\":\"Box\",\"Specification\":null,\"Created\":\"2026-01-01\"}"),
            ("agentsandbox.record", new string('{', 100_000)), ("agentsandbox.record", new string(' ', 2 << 20)),
        })
        {
            Dictionary<string, string> labels = new(ContainerLabels.Write(Scope, s_record)) { [label] = value };
            Assert.Null(ContainerLabels.TryRead(Scope, labels, s_names));
        }
    }

    [Fact]
    public void A_damaged_record_is_nobodys_and_never_an_exception()
    {
        string text = ContainerLabels.Write(Scope, s_record)["agentsandbox.record"];
        var random = new Random(4711);
        for (int i = 0; i < 2000; i++)
        {
            char[] damaged = text.ToCharArray();
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                damaged[random.Next(damaged.Length)] = (char)random.Next(32, 127);
            }

            Dictionary<string, string> labels = new(ContainerLabels.Write(Scope, s_record)) { ["agentsandbox.record"] = new string(damaged, 0, random.Next(damaged.Length + 1)) };
            ContainerRecord? read = ContainerLabels.TryRead(Scope, labels, s_names);
            Assert.True(read is null || read.Name == "Box");
        }
    }

    [Fact]
    public void Names_that_differ_in_case_only_are_one_to_the_engine_and_scopes_are_apart()
    {
        Assert.Equal(ContainerLabels.ContainerName("", "Box"), ContainerLabels.ContainerName("", "bOX"));
        Assert.NotEqual(ContainerLabels.ContainerName("", "box"), ContainerLabels.ContainerName(Scope, "box"));
        Assert.Equal("", ContainerLabels.ScopeOf(new SandboxHome(null)));
        Assert.NotEqual(ContainerLabels.ScopeOf(new SandboxHome("/a")), ContainerLabels.ScopeOf(new SandboxHome("/b")));
    }
}
