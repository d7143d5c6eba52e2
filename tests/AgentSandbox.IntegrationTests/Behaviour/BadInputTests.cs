
namespace AgentSandbox.IntegrationTests.Behaviour;

public sealed class BadInputTests
{
    public static TheoryData<string, SandboxSpecification> BadSpecifications
    {
        get
        {
            var none = new SandboxSpecification { Backend = "Nspawn" };
            return new TheoryData<string, SandboxSpecification>
            {
                { SandboxErrorId.ImageNotFound, none with { Image = "nosuch" } },
                { SandboxErrorId.ImageNotFound, none with { Image = "../../etc" } },
                { SandboxErrorId.UnknownBackend, none with { Backend = "Vapor" } },
                { SandboxErrorId.MountSourceNotFound, none with { Mounts = [SandboxMount.Parse("/nosuch/folder:/data")] } },
                { SandboxErrorId.InvalidMount, none with { Mounts = [SandboxMount.Parse("/usr:/")] } },
                { SandboxErrorId.InvalidMount, none with { Mounts = [SandboxMount.Parse("/usr:/proc/x")] } },
                { SandboxErrorId.InvalidMount, none with { Mounts = [SandboxMount.Parse("/usr:/a/../../b")] } },
                { SandboxErrorId.InvalidMount, none with { Mounts = [SandboxMount.Parse("/usr:relative")] } },
                { SandboxErrorId.InvalidName, none with { Name = "../x" } },
                { SandboxErrorId.InvalidName, none with { Name = "a;b" } },
                { SandboxErrorId.InvalidName, none with { Name = new string('n', 300) } },
                { SandboxErrorId.InvalidName, none with { Name = "line\nbreak" } },
                { SandboxErrorId.InvalidName, none with { Name = "" } },
                { SandboxErrorId.InvalidName, none with { Name = "-x" } },
                { SandboxErrorId.MemoryTooSmall, none with { Memory = 1 << 20 } },
                { SandboxErrorId.MemoryTooSmall, none with { Memory = -1 } },
                { SandboxErrorId.InvalidLimit, none with { Cpu = double.NaN } },
                { SandboxErrorId.InvalidLimit, none with { Cpu = -1 } },
                { SandboxErrorId.InvalidLimit, none with { PidLimit = 1 } },
                { SandboxErrorId.InvalidLimit, none with { DiskLimit = 1 } },
                { SandboxErrorId.InvalidEnvironment, none with { Environment = new Dictionary<string, string> { ["A=B"] = "x" } } },
                { SandboxErrorId.InvalidEnvironment, none with { Environment = new Dictionary<string, string> { ["A"] = "x\0y" } } },
                { SandboxErrorId.InvalidSpecification, none with { Hostname = "no good" } },
                { SandboxErrorId.InvalidSpecification, none with { WorkingDirectory = "relative" } },
                { SandboxErrorId.InvalidSpecification, none with { TimeToLive = TimeSpan.Zero } },
                { SandboxErrorId.InvalidSpecification, none with { User = "a b" } },
                { SandboxErrorId.UserNotFound, none with { User = "nosuchuser" } },
                { SandboxErrorId.NotEnforceable, none with { Backend = "Chroot", Network = NetworkMode.None } },
                { SandboxErrorId.NotEnforceable, none with { Backend = "Chroot", Hostname = "own" } },
            };
        }
    }

    [Theory, MemberData(nameof(BadSpecifications))]
    public async Task A_bad_specification_is_an_error_with_an_id_and_leaves_nothing(string errorId, SandboxSpecification specification)
    {
        await using var host = new SandboxHost();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CreateAsync(specification));
        Assert.Equal(errorId, e.ErrorId);
        Assert.NotEmpty(e.Message);
        Assert.NotEmpty(e.RecommendedAction);
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.Empty(host.Manager.List());
        foreach (string folder in new[] { host.Home.Sandboxes, host.Home.Runtime }.Where(Directory.Exists))
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        }
    }

    [Fact]
    public async Task Every_problem_is_reported_at_once()
    {
        await using var host = new SandboxHost();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CreateAsync(new SandboxSpecification
        {
            Name = "a;b", Memory = 1, Image = "nosuch", Mounts = [SandboxMount.Parse("/nosuch:/x")],
        }));
        Assert.Equal(
            [SandboxErrorId.ImageNotFound, SandboxErrorId.InvalidName, SandboxErrorId.MemoryTooSmall, SandboxErrorId.MountSourceNotFound],
            e.Problems.Select(p => p.ErrorId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_name_is_taken_once_without_regard_to_case()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn", s => s with { Name = "Twin" });
        Assert.Equal(SandboxErrorId.NameInUse, (await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Nspawn", s => s with { Name = "tWIN" }))).ErrorId);
        Assert.Equal(sandbox.Id, Assert.Single(host.Manager.List()).Id);
    }

    [Theory]
    [InlineData("nspawn")]
    [InlineData("auto")]
    public async Task Without_systemd_nspawn_the_error_names_the_package_and_no_weaker_backend_is_taken(string backend)
    {
        // This machine with one file less, in a mount namespace that ends with the script.
        const string Script = """
            set -e; mount -t tmpfs tmpfs "$1"; mkdir "$1/upper" "$1/work" "$1/root"
            mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"; rm "$1/root/usr/bin/systemd-nspawn"
            mount --rbind /proc "$1/root/proc"; mount --rbind /sys "$1/root/sys"; mount --rbind /dev "$1/root/dev"
            mkdir -p "$1/root$2"; mount --bind "$2" "$1/root$2"
            exec env AGENTSANDBOX_HOME=/state chroot "$1/root" "$2/agentsandbox" create x --backend "$3"
            """;
        string folder = Directory.CreateTempSubdirectory("agsb-").FullName;
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("unshare", ["-m", "--propagation", "private", "sh", "-c", Script, "sh", folder, Programs.Folder, backend]) { RedirectStandardError = true })!;
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(125, process.ExitCode);
            Assert.Contains("error BackendNotAvailable", error, StringComparison.Ordinal);
            Assert.Contains("apt-get install systemd-container", error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_command_that_can_not_start_is_an_error_and_not_an_exit_code(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        async Task<string> ErrorOf(CommandSpecification command) => (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.RunAsync(sandbox.Id, command))).ErrorId;
        Assert.Equal(SandboxErrorId.CommandNotFound, await ErrorOf(new CommandSpecification { Arguments = ["nosuchprogram"] }));
        Assert.Equal(SandboxErrorId.CommandNotFound, await ErrorOf(new CommandSpecification { Arguments = ["/no/such/program"] }));
        Assert.Equal(SandboxErrorId.CommandNotExecutable, await ErrorOf(new CommandSpecification { Arguments = ["/etc/passwd"] }));
        Assert.Equal(SandboxErrorId.WorkingDirectoryNotFound, await ErrorOf(new CommandSpecification { Arguments = ["true"], WorkingDirectory = "/no/such" }));
        Assert.Equal(SandboxErrorId.UserNotFound, await ErrorOf(new CommandSpecification { Arguments = ["true"], User = "nosuchuser" }));
        Assert.Equal(SandboxErrorId.InvalidSpecification, await ErrorOf(new CommandSpecification { Arguments = [] }));
        Assert.Equal(SandboxErrorId.InvalidSpecification, await ErrorOf(new CommandSpecification { Arguments = ["a\0b"] }));
        Assert.Equal(0, (await host.ShellAsync(sandbox, "true")).ExitCode);
    }
}
