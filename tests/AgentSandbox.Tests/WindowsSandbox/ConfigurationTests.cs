using System.Xml.Linq;
using AgentSandbox.Backends.WindowsSandbox;
using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.State;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class ConfigurationTests(ITestOutputHelper output)
{
    private static readonly WindowsFolders s_host = new();
    private static readonly SandboxHome s_home = new("/state");
    private static readonly MappedFolder[] s_own = [new(@"C:\state\program", @"C:\agentsandbox\program", true), new(@"C:\state\down", @"C:\agentsandbox\down", true), new(@"C:\state\up", @"C:\agentsandbox\up", false)];

    [Fact]
    public void Every_element_is_written_and_hardened_on_one_line()
    {
        string xml = ConfigurationBuilder.Build(Specification(new SandboxMount { Source = @"C:\src", Target = @"C:\work", ReadOnly = false }), s_own, null, s_host);
        Assert.DoesNotContain('\n', xml);
        Assert.Equal(
            "<Configuration><vGPU>Disable</vGPU><AudioInput>Disable</AudioInput><VideoInput>Disable</VideoInput><ProtectedClient>Enable</ProtectedClient><PrinterRedirection>Disable</PrinterRedirection>"
            + "<ClipboardRedirection>Disable</ClipboardRedirection><Networking>Disable</Networking><MemoryInMB>4096</MemoryInMB><MappedFolders>"
            + @"<MappedFolder><HostFolder>C:\state\program</HostFolder><SandboxFolder>C:\agentsandbox\program</SandboxFolder><ReadOnly>true</ReadOnly></MappedFolder>"
            + @"<MappedFolder><HostFolder>C:\state\down</HostFolder><SandboxFolder>C:\agentsandbox\down</SandboxFolder><ReadOnly>true</ReadOnly></MappedFolder>"
            + @"<MappedFolder><HostFolder>C:\state\up</HostFolder><SandboxFolder>C:\agentsandbox\up</SandboxFolder><ReadOnly>false</ReadOnly></MappedFolder>"
            + @"<MappedFolder><HostFolder>C:\src</HostFolder><SandboxFolder>C:\work</SandboxFolder><ReadOnly>false</ReadOnly></MappedFolder></MappedFolders></Configuration>",
            xml);
    }

    [Fact]
    public void The_network_is_on_only_when_asked_for_and_the_older_way_has_its_command()
    {
        string xml = ConfigurationBuilder.Build(Specification() with { Network = NetworkMode.Host }, s_own, "a & b", s_host);
        Assert.Contains("<Networking>Enable</Networking>", xml, StringComparison.Ordinal);
        Assert.EndsWith("<LogonCommand><Command>a &amp; b</Command></LogonCommand></Configuration>", xml, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back_the_same_and_by_any_reader()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 500; i++)
        {
            var configuration = new SandboxConfiguration
            {
                Networking = random.Next(2) == 0,
                MemoryInMB = random.Next(2048, 1 << 20),
                Folders = [.. Enumerable.Range(0, random.Next(6)).Select(n => new MappedFolder($@"C:\h{n}{Name(random)}", $@"C:\s{n}{Name(random)}", random.Next(2) == 0))],
                LogonCommand = random.Next(2) == 0 ? null : $"x {Name(random)}",
            };
            string xml = ConfigurationXml.Write(configuration);
            Assert.DoesNotContain('\n', xml);
            Assert.DoesNotContain('\r', xml);
            SandboxConfiguration read = ConfigurationXml.Read(xml);
            Assert.Equal(configuration.Folders, read.Folders);
            Assert.Equal(configuration with { Folders = [] }, read with { Folders = [] });
            XElement other = XElement.Parse(xml, LoadOptions.PreserveWhitespace);
            Assert.Equal(configuration.Folders.Select(f => f.HostFolder), other.Descendants("HostFolder").Select(e => e.Value));
            Assert.Equal(configuration.Folders.Select(f => f.ReadOnly ? "true" : "false"), other.Descendants("ReadOnly").Select(e => e.Value));
        }
    }

    [Fact]
    public void Damaged_or_weakened_configurations_are_never_believed()
    {
        Random random = Seeded.Create(output);
        string xml = ConfigurationXml.Write(new SandboxConfiguration { Networking = false, MemoryInMB = 4096, Folders = s_own });
        foreach ((string from, string to) in new[]
        {
            ("<vGPU>Disable", "<vGPU>Enable"), ("<vGPU>Disable", "<vGPU>Disabled"), ("<vGPU>Disable</vGPU>", ""), ("<ProtectedClient>Enable", "<ProtectedClient>Disable"),
            ("<ClipboardRedirection>Disable", "<ClipboardRedirection>Default"), ("<Networking>Disable", "<Networking>Default"), ("<ReadOnly>true", "<ReadOnly>True"), ("<ReadOnly>true</ReadOnly>", ""),
            ("<Configuration>", "<Configuration><vGPU>Disable</vGPU>"), ("<Configuration>", "<Configuration a='b'>"), ("</Configuration>", "</Configuration><x/>"), ("<Configuration>", "<!DOCTYPE a [<!ENTITY b 'c'>]><Configuration>"),
            ("4096", "4096.5"), ("4096", "-1"), ("4096", ""), ("</MappedFolders>", "</MappedFolders><!-- -->"), ("<vGPU>", "<VGPU>"),
        })
        {
            Assert.Contains(from, xml, StringComparison.Ordinal);
            Assert.Throws<FormatException>(() => ConfigurationXml.Read(xml.Replace(from, to, StringComparison.Ordinal)));
        }

        for (int i = 0; i < 3000; i++)
        {
            char[] damaged = xml.ToCharArray();
            damaged[random.Next(damaged.Length)] = (char)random.Next(1, 128);
            Exception? thrown = Record.Exception(() => ConfigurationXml.Read(new string(damaged)));
            Assert.True(thrown is null or FormatException, thrown?.ToString());
        }
    }

    [Theory]
    [InlineData(@"C:\src")]
    [InlineData(@"c:/src/a b")]
    [InlineData(@"D:\")]
    [InlineData(@"C:\src\ünïcode-日本")]
    public void Folders_that_can_be_mapped(string path) => Assert.Null(ConfigurationRules.HostProblem(path, s_host));

    [Theory]
    [InlineData(@"src")]
    [InlineData(@"\src")]
    [InlineData(@"C:src")]
    [InlineData(@"C:\src\..\x")]
    [InlineData(@"\\server\share")]
    [InlineData(@"//server/share")]
    [InlineData(@"\\?\C:\src")]
    [InlineData(@"\\.\C:\src")]
    [InlineData(@"\??\C:\src")]
    [InlineData(@"C:\src\NUL")]
    [InlineData(@"C:\com1.txt\a")]
    [InlineData(@"C:\LPT¹")]
    [InlineData(@"C:\src:stream")]
    [InlineData(@"C:\src.")]
    [InlineData(@"C:\src ")]
    [InlineData(@"C:\%USERPROFILE%")]
    [InlineData("C:\\a\nb")]
    [InlineData("C:\\a\uD800b")]
    [InlineData("C:\\missing")]
    [InlineData("C:\\file")]
    [InlineData("C:\\link")]
    [InlineData("")]
    public void Folders_that_can_not(string path) => Assert.NotNull(ConfigurationRules.HostProblem(path, s_host));

    [Theory]
    [InlineData(@"C:\work", true)]
    [InlineData(@"C:\Users\WDAGUtilityAccount\Desktop\x", true)]
    [InlineData(@"C:\agentsandbox2", true)]
    [InlineData(@"C:\", false)]
    [InlineData(@"D:\work", false)]
    [InlineData(@"work", false)]
    [InlineData(@"C:\agentsandbox", false)]
    [InlineData(@"c:\AgentSandbox\up", false)]
    [InlineData(@"C:\Windows\System32", false)]
    [InlineData(@"C:\windows", false)]
    [InlineData(@"C:\Program Files\x", false)]
    [InlineData(@"C:\aux", false)]
    [InlineData(@"C:\%TEMP%", false)]
    public void Places_in_the_sandbox(string path, bool isAllowed) => Assert.Equal(isAllowed, ConfigurationRules.SandboxProblem(path) is null);

    [Theory]
    [InlineData(@"C:\a", @"C:\a\b", true)]
    [InlineData(@"C:\A\", @"c:/a", true)]
    [InlineData(@"C:\a", @"C:\ab", false)]
    [InlineData(@"C:\", @"C:\x", true)]
    [InlineData(@"C:\a", @"D:\a", false)]
    public void Nested_folders_are_found_without_regard_to_case(string first, string second, bool nested)
    {
        Assert.Equal(nested, ConfigurationRules.Nested([first, second], windows: true).Any());
        Assert.Equal(nested, ConfigurationRules.Nested([second, first], windows: true).Any());
    }

    [Fact]
    public void Nothing_is_mapped_from_or_around_our_own_state()
    {
        var linux = new LinuxFolders();
        foreach (string path in new[] { "/state", "/state/lib", "/state/lib/windows-sandbox/x", "/state/run", "/" })
        {
            Assert.Contains(WindowsSandboxRules.Problems(Specification(new SandboxMount { Source = path, Target = @"C:\work" }), s_home, linux), p => p.ErrorId == SandboxErrorId.MountNotSupported && p.Message.Contains("own state", StringComparison.Ordinal));
        }

        Assert.Empty(WindowsSandboxRules.Problems(Specification(new SandboxMount { Source = "/stateless", Target = @"C:\work" }), s_home, linux));
    }

    [Fact]
    public void A_folder_that_was_changed_before_the_start_fails_the_start()
    {
        SandboxException e = Assert.Throws<SandboxException>(() => ConfigurationBuilder.Build(Specification(new SandboxMount { Source = @"C:\link", Target = @"C:\work" }), s_own, null, s_host));
        Assert.Equal(SandboxErrorId.StartFailed, e.ErrorId);
        Assert.Throws<SandboxException>(() => ConfigurationBuilder.Build(Specification(new SandboxMount { Source = @"C:\state\up", Target = @"C:\work" }), s_own, null, s_host));
        Assert.Throws<SandboxException>(() => ConfigurationBuilder.Build(Specification(), [s_own[0] with { ReadOnly = false }], null, s_host));
        Assert.Throws<SandboxException>(() => ConfigurationBuilder.Build(Specification([.. Enumerable.Range(0, 64).Select(i => new SandboxMount { Source = @"C:\" + i + new string('a', 240), Target = @"C:\" + i + new string('b', 240) })]), s_own, null, s_host));
    }

    [Fact]
    public void What_can_not_be_enforced_is_refused_and_nothing_is_dropped()
    {
        foreach ((string parameter, Func<SandboxSpecification, SandboxSpecification> ask) in new (string, Func<SandboxSpecification, SandboxSpecification>)[]
        {
            ("Cpu", s => s with { Cpu = 1 }), ("PidLimit", s => s with { PidLimit = 64 }), ("DiskLimit", s => s with { DiskLimit = 1 << 30 }), ("ReadOnly", s => s with { ReadOnly = true }),
            ("IdleTimeout", s => s with { IdleTimeout = TimeSpan.FromMinutes(1) }), ("Image", s => s with { Image = "debian" }), ("User", s => s with { User = "root" }), ("Hostname", s => s with { Hostname = "x" }), ("Memory", s => s with { Memory = 0 }),
            ("Allow", s => s with { Allow = [SandboxAllowance.Tun] }),
        })
        {
            SpecificationProblem problem = Assert.Single(WindowsSandboxRules.Problems(ask(Specification()), s_home, new LinuxFolders()));
            Assert.Equal((SandboxErrorId.NotEnforceable, parameter), (problem.ErrorId, problem.Parameter));
        }

        Assert.Equal(SandboxErrorId.MemoryTooSmall, Assert.Single(WindowsSandboxRules.Problems(Specification() with { Memory = (2L << 30) - 1 }, s_home, new LinuxFolders())).ErrorId);
        Assert.Empty(WindowsSandboxRules.Problems(Specification() with { Memory = 2L << 30, User = null }, s_home, new LinuxFolders()));
        Assert.Null(WindowsSandboxRules.ApplyDefaults(Specification() with { User = "wdagutilityaccount" }, "WindowsSandbox").User);
    }

    private static SandboxSpecification Specification(params SandboxMount[] mounts) =>
        WindowsSandboxRules.ApplyDefaults(new SandboxSpecification { Name = "demo", Mounts = mounts }, "WindowsSandbox");

    private static string Name(Random random)
    {
        const string Letters = "abc &<>'\"=;é日\u0301]]>--";
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)]));
    }

    private sealed class WindowsFolders : IHostFolders
    {
        public bool IsWindows => true;

        public HostPathKind Look(string path) => path switch
        {
            @"C:\missing" => HostPathKind.Missing,
            @"C:\file" => HostPathKind.File,
            @"C:\link" => HostPathKind.Link,
            _ => HostPathKind.Folder,
        };
    }

    private sealed class LinuxFolders : IHostFolders
    {
        public bool IsWindows => false;

        public HostPathKind Look(string path) => HostPathKind.Folder;
    }
}
