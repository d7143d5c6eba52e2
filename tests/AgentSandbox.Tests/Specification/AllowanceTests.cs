using System.Text.Json;
using AgentSandbox.Backends;
using AgentSandbox.Backends.Chroot;
using AgentSandbox.State;

namespace AgentSandbox.Tests.Specification;

/// <summary>Names of allowances, their place in a specification and in the state, and what is refused.</summary>
public class AllowanceTests
{
    [Theory]
    [InlineData("IoUring", SandboxAllowance.IoUring)]
    [InlineData("io-uring", SandboxAllowance.IoUring)]
    [InlineData(" IO_URING ", SandboxAllowance.IoUring)]
    [InlineData("nesteduserNAMESPACE", SandboxAllowance.NestedUserNamespace)]
    [InlineData("nested-user-namespace", SandboxAllowance.NestedUserNamespace)]
    public void Names_are_read_in_any_case(string text, SandboxAllowance expected)
    {
        Assert.True(AllowanceName.TryParse(text, out SandboxAllowance allowance));
        Assert.Equal(expected, allowance);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Vsock,Tun")]
    [InlineData("Io")]
    [InlineData("")]
    [InlineData(null)]
    public void Nothing_else_is_a_name(string? text) => Assert.False(AllowanceName.TryParse(text, out _));

    [Fact]
    public void The_nearest_name_is_told_first() => Assert.StartsWith("Did you mean 'UserFaultFd'?", AllowanceName.Advice("usrfaultfd"), StringComparison.Ordinal);

    [Fact]
    public void What_is_said_twice_is_there_once_and_in_order() =>
        Assert.Equal([SandboxAllowance.Vsock, SandboxAllowance.Tun], new SandboxSpecification { Allow = [SandboxAllowance.Tun, SandboxAllowance.Vsock, SandboxAllowance.Tun] }.Allow);

    [Fact]
    public void A_record_of_before_allows_nothing_and_a_new_one_keeps_what_was_allowed()
    {
        var record = new SandboxRecord { Id = "0123456789ab", Name = "x", Created = DateTimeOffset.UnixEpoch, Specification = new() { Allow = [SandboxAllowance.Keyring, SandboxAllowance.Tun] } };
        string json = JsonSerializer.Serialize(record, StateJson.Default.SandboxRecord);
        Assert.Contains("\"Keyring\"", json, StringComparison.Ordinal);
        Assert.Equal(record.Specification.Allow, JsonSerializer.Deserialize(json, StateJson.Default.SandboxRecord)!.Specification.Allow);

        System.Text.Json.Nodes.JsonNode old = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        old["Specification"]!.AsObject().Remove("Allow");
        Assert.Empty(JsonSerializer.Deserialize(old.ToJsonString(), StateJson.Default.SandboxRecord)!.Specification.Allow);
    }

    [Fact]
    public void A_number_that_names_nothing_is_refused()
    {
        SpecificationProblem problem = Assert.Single(SpecificationValidator.Validate(new() { Allow = [(SandboxAllowance)99] }));
        Assert.Equal((SandboxErrorId.InvalidSpecification, "Allow"), (problem.ErrorId, problem.Parameter));
    }

    [Theory]
    [InlineData("IoUring", "rw", 1)]
    [InlineData("IoUring", "ro", 0)]
    [InlineData("NestedUserNamespace", "rw", 1)]
    [InlineData("NestedUserNamespace", "ro", 0)]
    [InlineData("Keyring", "rw", 0)]
    public void What_passes_by_the_filter_does_not_go_together_with_a_writable_folder_of_the_host(string allowance, string mode, int problems)
    {
        var specification = new SandboxSpecification { Allow = [Enum.Parse<SandboxAllowance>(allowance)], Mounts = [SandboxMount.Parse($"/tmp:/x:{mode}")] };
        Assert.Equal(problems, SpecificationValidator.Validate(specification).Count(problem => problem is { ErrorId: SandboxErrorId.NotEnforceable, Parameter: "Allow" }));
    }

    [Fact]
    public void A_chroot_refuses_what_it_cannot_open()
    {
        var backend = new ChrootBackend(new SandboxHome("/nonexistent"));
        SandboxSpecification all = backend.ApplyDefaults(new() { Allow = Enum.GetValues<SandboxAllowance>() });
        string[] refused = [.. backend.Validate(all).Where(problem => problem.Parameter == "Allow").Select(problem => $"{problem.ErrorId} {problem.Message.Split(':')[0]}")];
        Assert.Contains("NotEnforceable Chroot can't allow NestedUserNamespace", refused);
        Assert.Contains("NotEnforceable Chroot can't allow ControlGroups", refused);
        Assert.DoesNotContain(refused, text => text.Contains("Keyring", StringComparison.Ordinal) || text.Contains("Vsock", StringComparison.Ordinal) || text.Contains("IoUring", StringComparison.Ordinal));
    }

    [Fact]
    public void Windows_inside_refuses_everything() => Assert.Equal(
        Enum.GetValues<SandboxAllowance>().Length,
        GuestAllowances.RefuseAll(new() { Backend = "HyperV", Allow = Enum.GetValues<SandboxAllowance>() }).Count(problem => problem.ErrorId == SandboxErrorId.NotEnforceable));

    [Fact]
    public void The_guest_is_told_by_name()
    {
        Assert.Empty(GuestAllowances.Arguments(new()));
        Assert.Equal(["--allow", "Vsock,ControlGroups"], GuestAllowances.Arguments(new() { Allow = [SandboxAllowance.ControlGroups, SandboxAllowance.Vsock] }));
    }
}
