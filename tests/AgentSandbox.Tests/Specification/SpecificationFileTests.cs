using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Specification;

public class SpecificationFileTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_key_arrives()
    {
        SandboxSpecification s = Parse("""
            {
              "$schema": "x", "Name": "box", "Backend": "Nspawn", "Image": "debian", "NoPull": true, "Mounts": ["src:/work:rw", { "Source": "/etc", "Target": "/e" }, { "Source": "a:b", "ReadOnly": false }],
              "Network": "host", "Memory": "512MB", "Cpu": 0.5, "PidLimit": 99, "DiskLimit": 1073741824, "Environment": { "A": "1" }, "User": "nobody", "WorkingDirectory": "/w", "Hostname": "h",
              "TimeToLive": "01:30:00", "IdleTimeout": 90, "ReadOnly": true, "Allow": ["io_uring", "Tun", "tun"]
            }
            """);
        Assert.Equal(("box", "Nspawn", "debian", true, NetworkMode.Host), (s.Name, s.Backend, s.Image, s.NoPull, s.Network));
        Assert.Equal(["/specs/src:/work:rw", "/etc:/e:ro", "/specs/a:b:/specs/a:b:rw"], s.Mounts.Select(m => m.ToString()));
        Assert.Equal((512L << 20, 0.5, 99, 1L << 30, true), (s.Memory, s.Cpu, s.PidLimit, s.DiskLimit, s.ReadOnly));
        Assert.Equal(("1", "nobody", "/w", "h"), (s.Environment["A"], s.User, s.WorkingDirectory, s.Hostname));
        Assert.Equal((TimeSpan.FromMinutes(90), TimeSpan.FromSeconds(90)), (s.TimeToLive, s.IdleTimeout));
        Assert.Equal([SandboxAllowance.IoUring, SandboxAllowance.Tun], s.Allow);
    }

    [Fact]
    public void Nothing_said_is_the_default() => Assert.Equivalent(new SandboxSpecification(), Parse("{}"), strict: true);

    [Fact]
    public void The_keys_are_the_properties_and_the_schema_s()
    {
        string[] properties = [.. typeof(SandboxSpecification).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => p.Name).Order(StringComparer.Ordinal)];
        Assert.Equal(properties, SpecificationReader.Keys.Where(key => key != "$schema").Order(StringComparer.Ordinal));
        using var schema = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository(), "module/AgentSandbox/schemas/sandbox-specification.schema.json")));
        Assert.Equal(SpecificationReader.Keys.Order(StringComparer.Ordinal), schema.RootElement.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Enum.GetNames<SandboxAllowance>(), schema.RootElement.GetProperty("properties").GetProperty("Allow").GetProperty("items").GetProperty("enum").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void What_the_command_line_lists_can_be_read_back()
    {
        var specification = new SandboxSpecification { Name = "x", Backend = "Nspawn", Network = NetworkMode.None, Memory = 5, TimeToLive = TimeSpan.FromHours(1), Mounts = [new() { Source = "/a", Target = "/b" }], Environment = new Dictionary<string, string> { ["A"] = "b" }, Allow = [SandboxAllowance.Keyring, SandboxAllowance.NestedUserNamespace] };
        Assert.Equivalent(specification, Parse(JsonSerializer.Serialize(specification, Host.CommandLine.Output.ReportJson.Readable.SandboxSpecification)), strict: true);
    }

    [Theory]
    [InlineData("""{ "Memroy": 1 }""", "Memroy", "Did you mean 'Memory'?")]
    [InlineData("""{ "network": "None" }""", "network", "Did you mean 'Network'?")]
    [InlineData("""{ "Mount": [] }""", "Mount", "Did you mean 'Mounts'?")]
    [InlineData("""{ "Mounts": [{ "Sourc": "/a" }] }""", "Sourc", "Did you mean 'Source'?")]
    [InlineData("""{ "Memory": 1, "Memory": 2 }""", "twice", "once")]
    [InlineData("""{ "Environment": { "A": "1", "A": "2" } }""", "twice", "once")]
    [InlineData("""{ "Environment": { "A": 1 } }""", "Environment", "LANG")]
    [InlineData("""{ "Memory": "12 apples" }""", "Memory", "512MB")]
    [InlineData("""{ "Memory": 1.5 }""", "Memory", "512MB")]
    [InlineData("""{ "ReadOnly": "true" }""", "ReadOnly", "without quotes")]
    [InlineData("""{ "ReadOnly": 1 }""", "ReadOnly", "without quotes")]
    [InlineData("""{ "Network": "Bridge" }""", "Bridge", "None, Host")]
    [InlineData("""{ "Network": 1 }""", "Network", "Write")]
    [InlineData("""{ "Backend": ["Nspawn"] }""", "Backend", "Write")]
    [InlineData("""{ "Allow": ["IoRing"] }""", "'IoRing'", "Did you mean 'IoUring'?")]
    [InlineData("""{ "Allow": ["1"] }""", "'1'", "Vsock")]
    [InlineData("""{ "Allow": [1] }""", "Allow", "[\"IoUring\"]")]
    [InlineData("""{ "Allow": "IoUring" }""", "Allow", "[\"IoUring\"]")]
    [InlineData("""{ "PidLimit": 1e99 }""", "PidLimit", "256")]
    [InlineData("""{ "TimeToLive": "soon" }""", "TimeToLive", "01:30:00")]
    [InlineData("""{ "TimeToLive": 1e300 }""", "TimeToLive", "01:30:00")]
    [InlineData("""{ "Mounts": "/a" }""", "Mounts", "[\"./src:/work:ro\"]")]
    [InlineData("""{ "Mounts": ["/a:/b:/c:rw"] }""", "no mount", "source[:target]")]
    [InlineData("""{ "Mounts": [{ "Target": "/b" }] }""", "no Source", "Source")]
    [InlineData("""{ "Mounts": [{ "Source": "a\u0000b" }] }""", "no Source", "Source")]
    [InlineData("""{ "Mounts": [7] }""", "no JSON object", "Backend")]
    [InlineData("[]", "no JSON object", "Backend")]
    [InlineData("{", "no JSON", "schema")]
    [InlineData("", "no JSON", "schema")]
    [InlineData("""{ "Memory": 1, } """, "no JSON", "schema")]
    [InlineData("""{ /* x */ }""", "no JSON", "schema")]
    [InlineData("""{ "Environment": {"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}} }""", "no JSON", "schema")]
    public void A_mistake_is_named_with_what_to_write(string json, string message, string action)
    {
        SandboxException error = Assert.Throws<SandboxException>(() => Parse(json));
        Assert.Equal(SandboxErrorId.InvalidSpecificationFile, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("/specs/x.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(action, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once() =>
        Assert.Equal(["Memroy", "Cpu", "ReadOnly"], Assert.Throws<SandboxException>(() => Parse("""{ "Memroy": 1, "ReadOnly": 0, "Cpu": "x" }""")).Problems.Select(p => p.Parameter));

    [Fact]
    public void A_file_that_can_not_be_read_is_the_same_error()
    {
        string folder = Directory.CreateTempSubdirectory("as-spec-").FullName;
        try
        {
            foreach (string path in new[] { Path.Combine(folder, "none.json"), folder, "/dev/full" })
            {
                Assert.Equal(SandboxErrorId.InvalidSpecificationFile, Assert.Throws<SandboxException>(() => SpecificationFile.Read(path)).ErrorId);
            }

            string large = Path.Combine(folder, "large.json");
            using (FileStream file = File.Create(large))
            {
                file.SetLength((1 << 20) + 1);
            }

            Assert.Contains("at most 1 MB", Assert.Throws<SandboxException>(() => SpecificationFile.Read(large)).Message, StringComparison.Ordinal);
            string mine = Path.Combine(folder, "mine.json");
            File.WriteAllText(mine, "{ \"Mounts\": [\".\"] }", Encoding.UTF8); // With a byte order mark, as editors write it.
            Assert.Equal(folder, SpecificationFile.Read(mine).Mounts[0].Source);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Whatever is in a file: a specification, or the one error.</summary>
    [Fact]
    public void Nothing_else_ever_comes_out()
    {
        Random random = Seeded.Create(output);
        byte[] seed = """{ "Name": "box", "Mounts": ["a:/b", { "Source": "/x", "ReadOnly": true }], "Memory": "1g", "Cpu": 0.5, "Environment": { "A": "é" }, "TimeToLive": "00:00:01" }"""u8.ToArray();
        int good = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seed];
            for (int edits = random.Next(4); edits > 0; edits--)
            {
                int at = random.Next(bytes.Length);
                bytes = random.Next(3) switch
                {
                    0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                    1 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(9))..], (byte)' '],
                    _ => [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + random.Next(9))], .. bytes[at..]],
                };
            }

            try
            {
                SpecificationFile.Parse(bytes, "/specs/x.json");
                good++;
            }
            catch (SandboxException error)
            {
                Assert.Equal(SandboxErrorId.InvalidSpecificationFile, error.ErrorId);
            }
        }

        Assert.InRange(good, 100, 19_900);
    }

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("MEMORY", "memory", 0)]
    [InlineData("Memroy", "Memory", 2)]
    public void The_distance_is_levenshtein_s(string left, string right, int distance) => Assert.Equal(distance, NearestName.Distance(left, right));

    private static SandboxSpecification Parse(string json) => SpecificationFile.Parse(Encoding.UTF8.GetBytes(json), "/specs/x.json");

    private static string Repository([CallerFilePath] string path = "") => Path.GetFullPath("../../..", Path.GetDirectoryName(path)!);
}
