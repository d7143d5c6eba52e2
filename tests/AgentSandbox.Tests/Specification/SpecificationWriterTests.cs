using System.Reflection;
using System.Text;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Specification;

public sealed class SpecificationWriterTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("as-write-").FullName;

    private static SandboxSpecification Full { get; } = new()
    {
        Name = "box", Backend = "Nspawn", Image = "debian", NoPull = true, Mounts = [new() { Source = "/a:b", Target = "/b" }, new() { Source = "/ü", Target = "/c", ReadOnly = false }],
        Network = NetworkMode.Host, Memory = 512L << 20, Cpu = 0.5, PidLimit = 99, DiskLimit = 1_000_000_007, Environment = new Dictionary<string, string> { ["B"] = "\"\n\u0001", ["A"] = "é" },
        User = "1000:1000", WorkingDirectory = "/w", Hostname = "h", TimeToLive = TimeSpan.FromTicks(1234567), IdleTimeout = TimeSpan.FromDays(3), ReadOnly = true, Allow = [SandboxAllowance.Vsock, SandboxAllowance.Keyring],
    };

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Everything_that_can_be_said_is_written_and_read_back()
    {
        // A property that is new and that the writer does not know is then found here, not by a user whose file lacks it.
        Assert.Equal(typeof(SandboxSpecification).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Order(StringComparer.Ordinal), SpecificationWriter.Said(Full).Order(StringComparer.Ordinal));
        Assert.Equivalent(Full, WriteAndRead(Full), strict: true);
    }

    [Fact]
    public void What_is_left_to_the_backend_is_not_written() => Assert.Equal("{}\n", Text(new SandboxSpecification()).Replace(" ", "", StringComparison.Ordinal));

    [Fact]
    public void It_is_for_people()
    {
        string text = Text(Full);
        Assert.Contains("\"Memory\": \"512MB\"", text, StringComparison.Ordinal);
        Assert.Contains("\"DiskLimit\": 1000000007", text, StringComparison.Ordinal);
        Assert.Contains("\"IdleTimeout\": \"3.00:00:00\"", text, StringComparison.Ordinal);
        Assert.Contains("\"/ü\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_numbers_are_nothing_is_rounded()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 2000; i++)
        {
            var specification = new SandboxSpecification
            {
                Memory = random.NextInt64(0, 1L << random.Next(1, 62)) << (random.Next(2) * random.Next(30)) & long.MaxValue,
                Cpu = random.NextDouble() * 100,
                TimeToLive = TimeSpan.FromTicks(random.NextInt64(TimeSpan.MaxValue.Ticks)),
            };
            Assert.Equivalent(specification, WriteAndRead(specification), strict: true);
        }
    }

    [Fact]
    public void A_file_is_replaced_only_when_that_is_said_and_a_failure_leaves_nothing()
    {
        string file = Path.Combine(_folder, "x.json");
        SpecificationFile.Write(Full, file, replace: false);
        string before = File.ReadAllText(file);
        Assert.Equal(SandboxErrorId.SpecificationFileExists, Assert.Throws<SandboxException>(() => SpecificationFile.Write(new(), file, replace: false)).ErrorId);
        Assert.Equal(before, File.ReadAllText(file));
        SpecificationFile.Write(new(), file, replace: true);
        Assert.NotEqual(before, File.ReadAllText(file));
        Assert.Equal(SandboxErrorId.SpecificationFileFailed, Assert.Throws<SandboxException>(() => SpecificationFile.Write(Full, Path.Combine(_folder, "none", "x.json"), replace: true)).ErrorId);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder));
    }

    private static string Text(SandboxSpecification specification)
    {
        using var stream = new MemoryStream();
        SpecificationWriter.Write(stream, specification);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static SandboxSpecification WriteAndRead(SandboxSpecification specification) => SpecificationFile.Parse(Encoding.UTF8.GetBytes(Text(specification)), "/specs/x.json");
}
