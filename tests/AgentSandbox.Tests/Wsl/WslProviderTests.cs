using System.Text;
using AgentSandbox.Backends;
using AgentSandbox.Backends.Wsl;
using AgentSandbox.Backends.Wsl.Setup;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.State;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Wsl;

/// <summary>The host's side, over a distribution that answers what the test says.</summary>
[Collection(nameof(SandboxPrograms))]
public sealed class WslProviderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-wsl-").FullName;
    private readonly string? _programs = SandboxPrograms.Folder;
    private readonly ITestOutputHelper _output;
    private readonly FakeWsl _wsl = new();
    private readonly WslState _state;
    private readonly WslSandboxes _sandboxes;

    public WslProviderTests(ITestOutputHelper output)
    {
        _output = output;
        foreach (string program in new[] { "agentsandbox", "agentsandbox-guest" })
        {
            File.WriteAllText(Path.Combine(_folder, program), program);
        }

        SandboxPrograms.Folder = _folder;
        var home = new SandboxHome(Path.Combine(_folder, "home"));
        _state = new WslState(home);
        _state.Write(new WslRecord { Id = "x", Name = _state.DistributionName, Location = _folder, IsComplete = true, Programs = WslPrograms.Fingerprint() });
        _state.Complete(_state.Begin(), "0123456789ab");
        _sandboxes = new WslSandboxes(home, _wsl, isExpected: true);
    }

    public void Dispose()
    {
        SandboxPrograms.Folder = _programs;
        Directory.Delete(_folder, recursive: true);
    }

    private static Sandbox Good(string id = "0123456789ab")
    {
        var specification = new SandboxSpecification { Backend = "Nspawn", Name = "good", Memory = 1 << 30, Cpu = 1, PidLimit = 512, DiskLimit = 1L << 30, Network = NetworkMode.None };
        return new Sandbox { Id = id, Name = "good", Backend = "Nspawn", State = SandboxState.Running, Image = "host", Created = DateTimeOffset.UnixEpoch, Network = NetworkMode.None, Limits = new SandboxLimits { Memory = 1 << 30 }, Mounts = [], Specification = specification };
    }

    private Task<IReadOnlyList<Sandbox>> ListAsync(params ProviderLine[] lines)
    {
        _wsl.Answers.Enqueue(FakeWsl.Lines(lines));
        return _sandboxes.ListAsync(CancellationToken.None);
    }

    private async Task<SandboxException> FailAsync(byte[] output, string errors = "", int exitCode = 0)
    {
        _wsl.Answers.Enqueue((output, errors, exitCode));
        return await Assert.ThrowsAsync<SandboxException>(() => _sandboxes.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_sandbox_is_taken_over_under_this_backends_name()
    {
        Sandbox got = Assert.Single(await ListAsync(new ProviderLine { Sandbox = Good() }, new ProviderLine { End = true }));
        Assert.Equal(("Wsl", "Wsl", "0123456789ab"), (got.Backend, got.Specification.Backend, got.Id));
        Assert.EndsWith("-e /opt/agentsandbox/agentsandbox provider list", Assert.Single(_wsl.Calls), StringComparison.Ordinal);
    }

    public static TheoryData<string> Lies => ["id", "name", "image", "state", "network", "backend", "specification backend", "windows mount", "relative mount", "unequal mounts", "hostname", "user", "allowance", "environment"];

    [Theory, MemberData(nameof(Lies))]
    public async Task A_lie_about_a_sandbox_is_refused(string lie)
    {
        Sandbox s = Good();
        Sandbox WithMount(string source)
        {
            SandboxMount[] mounts = [new() { Source = source, Target = "/data" }];
            return s with { Mounts = mounts, Specification = s.Specification with { Mounts = mounts } };
        }

        Sandbox lying = lie switch
        {
            "id" => s with { Id = "../../../etc" },
            "name" => s with { Name = "a\u001b[2J" },
            "image" => s with { Image = "../x" },
            "state" => s with { State = (SandboxState)77 },
            "network" => s with { Network = (NetworkMode)9 },
            "backend" => s with { Backend = "Chroot" },
            "specification backend" => s with { Specification = s.Specification with { Backend = "WindowsSandbox" } },
            "windows mount" => WithMount(@"C:\Users\me\.ssh"),
            "relative mount" => WithMount("x"),
            "unequal mounts" => s with { Mounts = [new SandboxMount { Source = "/a", Target = "/b" }] },
            "hostname" => s with { Specification = s.Specification with { Hostname = "a\nb" } },
            "allowance" => s with { Specification = s.Specification with { Allow = [(SandboxAllowance)77] } },
            "user" => s with { Specification = s.Specification with { User = "$(x)" } },
            _ => s with { Specification = s.Specification with { Environment = new Dictionary<string, string> { ["A=B"] = "" } } },
        };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => ListAsync(new ProviderLine { Sandbox = lying }, new ProviderLine { End = true }));
        Assert.Equal(SandboxErrorId.ProtocolViolation, e.ErrorId);
    }

    [Theory]
    [InlineData("{\"end\":true,\"surprise\":1}\n")]
    [InlineData("{\"end\":1}\n")]
    [InlineData("{\"sandbox\":{}}\n")]
    [InlineData("{\n")]
    [InlineData("{\"end\":true\n")]
    public async Task What_was_not_agreed_is_refused(string text) =>
        Assert.Equal(SandboxErrorId.ProtocolViolation, (await FailAsync(Encoding.UTF8.GetBytes(text))).ErrorId);

    [Fact]
    public async Task Any_bytes_are_an_error_and_nothing_else()
    {
        Random random = Seeded.Create(_output);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            byte[] text = random.Next(2) == 0 ? bytes : [(byte)'{', .. bytes, (byte)'\n'];
            SandboxException e = await FailAsync(text, exitCode: random.Next(3) - 1);
            Assert.True(e.ErrorId is SandboxErrorId.WslFailed or SandboxErrorId.ProtocolViolation, e.ErrorId);
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wsls_own_failure_is_told_with_its_token_in_either_encoding(bool isUtf16)
    {
        const string Text = "Der Computer ist ausgelastet – später erneut versuchen.\r\nFehlercode: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED\r\n";
        SandboxException e = await FailAsync((isUtf16 ? Encoding.Unicode : Encoding.UTF8).GetBytes(Text), exitCode: -1);
        Assert.Equal(SandboxErrorId.WslFailed, e.ErrorId);
        Assert.Contains("später", e.Message, StringComparison.Ordinal);
        Assert.Contains("HCS_E_HYPERV_NOT_INSTALLED", e.Message, StringComparison.Ordinal);
        Assert.Contains("firmware", e.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_distribution_that_is_gone_is_a_backend_that_is_missing() =>
        Assert.Equal(SandboxErrorId.BackendNotAvailable, (await FailAsync("x\r\nError code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n"u8.ToArray(), exitCode: -1)).ErrorId);

    [Fact]
    public async Task An_answer_that_was_cut_short_is_an_error()
    {
        (byte[] output, _, _) = FakeWsl.Lines(new ProviderLine { Sandbox = Good() });
        Assert.Equal(SandboxErrorId.WslFailed, (await FailAsync(output)).ErrorId);
        Assert.Equal(SandboxErrorId.WslFailed, (await FailAsync(output[..^5])).ErrorId);
    }

    [Fact]
    public async Task The_exit_code_means_nothing_when_there_was_an_answer()
    {
        (byte[] output, _, _) = FakeWsl.Lines(new ProviderLine { End = true });
        foreach (int code in new[] { -1, 0, 1, 9, 67, 137, 255 })
        {
            _wsl.Answers.Enqueue((output, "", code));
            Assert.Empty(await _sandboxes.ListAsync(CancellationToken.None));
            _state.Complete(_state.Begin(), "0123456789ab");
        }
    }

    [Fact]
    public async Task Errors_of_the_other_side_are_ours_with_their_ids_and_without_their_escapes()
    {
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => ListAsync(new ProviderLine { End = true, Error = new ProviderError { ErrorId = "DiskFull", Message = "full\u001b[31m\r\n", RecommendedAction = "free\u202Espace" } }));
        Assert.Equal(("DiskFull", "full[31m", "freespace"), (e.ErrorId, e.Message, e.RecommendedAction));
        e = await Assert.ThrowsAsync<SandboxException>(() => ListAsync(new ProviderLine { End = true, Error = new ProviderError { ErrorId = "../<x>", Message = "m", RecommendedAction = "a" } }));
        Assert.Equal(SandboxErrorId.WslFailed, e.ErrorId);
        e = await Assert.ThrowsAsync<SandboxException>(() => ListAsync(new ProviderLine { End = true, Error = new ProviderError { ErrorId = "x", Message = "m", RecommendedAction = "a", Problems = [new("InvalidName", "Name", "one", "1"), new("InvalidLimit", "Cpu", "two", "2")] } }));
        Assert.Equal(["InvalidName", "InvalidLimit"], e.Problems.Select(p => p.ErrorId));
    }

    [Fact]
    public async Task Programs_of_another_version_are_renewed_once_and_the_call_repeated()
    {
        _wsl.Answers.Enqueue(FakeWsl.Lines(new ProviderLine { End = true, OtherVersion = "0.0.1" }));
        Assert.Single(await ListAsync(new ProviderLine { Sandbox = Good() }, new ProviderLine { End = true }));
        Assert.Equal(2, _wsl.Calls.Count(c => c.EndsWith("provider list", StringComparison.Ordinal)));
        Assert.Single(_wsl.Calls, c => c.Contains("/opt/agentsandbox/agentsandbox-guest 18 755", StringComparison.Ordinal));
        Assert.Single(_wsl.Calls, c => c.Contains("/opt/agentsandbox/agentsandbox 12 755", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Programs_that_stay_another_version_are_a_clear_error()
    {
        _wsl.Answers.Enqueue(FakeWsl.Lines(new ProviderLine { End = true, OtherVersion = "0.0.1" }));
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => ListAsync(new ProviderLine { End = true, OtherVersion = "0.0.1" }));
        Assert.Equal(SandboxErrorId.WslFailed, e.ErrorId);
        Assert.Contains("version 0.0.1", e.Message, StringComparison.Ordinal);
        Assert.Contains("-Force", e.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_that_are_missing_are_put_there()
    {
        _wsl.Answers.Enqueue(([], "<3>WSL (9) ERROR: CreateProcessCommon:640: execvpe(/opt/agentsandbox/agentsandbox) failed: No such file or directory", 1));
        Assert.Empty(await ListAsync(new ProviderLine { End = true }));
        Assert.Contains(_wsl.Calls, c => c.Contains("/opt/agentsandbox/agentsandbox 12 755", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Programs_of_another_build_are_renewed_before_they_are_used()
    {
        File.AppendAllText(Path.Combine(_folder, "agentsandbox"), "!");
        Assert.Empty(await ListAsync(new ProviderLine { End = true }));
        Assert.EndsWith("provider list", _wsl.Calls[^1], StringComparison.Ordinal);
        Assert.Equal(3, _wsl.Calls.Count);
        Assert.Equal(WslPrograms.Fingerprint(), _state.TryRead()!.Programs);
    }

    [Fact]
    public async Task The_distribution_is_held_when_it_says_that_nobody_does()
    {
        await ListAsync(new ProviderLine { Sandbox = Good() }, new ProviderLine { End = true, NeedsHold = true });
        Assert.Equal($"detached: -d {_state.DistributionName} -u root --cd / -e /opt/agentsandbox/agentsandbox provider hold", _wsl.Calls[^1]);
    }

    [Fact]
    public async Task Without_a_sandbox_nobody_is_asked()
    {
        _state.Forget("0123456789ab");
        Assert.Empty(await _sandboxes.ListAsync(CancellationToken.None));
        Assert.Null(await _sandboxes.TryGetAsync("x", CancellationToken.None));
        Assert.False(await _sandboxes.HasAsync("0123456789ab", CancellationToken.None));
        Assert.Empty(_wsl.Calls);
    }

    [Fact]
    public async Task What_the_distribution_does_not_have_any_more_is_forgotten()
    {
        Assert.Empty(await ListAsync(new ProviderLine { End = true }));
        Assert.False(await _sandboxes.HasAsync("0123456789ab", CancellationToken.None));
    }

    [Fact]
    public async Task A_creation_whose_end_is_not_known_is_asked_about_by_the_next_look()
    {
        _state.Forget("0123456789ab");
        _wsl.Answers.Enqueue(([], "", 1));
        await Assert.ThrowsAsync<SandboxException>(() => _sandboxes.CreateAsync(Good().Specification with { Backend = "Wsl" }, false, null, CancellationToken.None));
        Assert.Single(await ListAsync(new ProviderLine { Sandbox = Good("ba9876543210") }, new ProviderLine { End = true }));
        Assert.True(await _sandboxes.HasAsync("ba9876543210", CancellationToken.None));
    }
}
