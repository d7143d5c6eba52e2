using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.Tests.Errors;

/// <summary>An error that no test has ever seen is a promise that nobody has kept: a new id needs a test, and its line in <see cref="ErrorProofs"/>.</summary>
public sealed partial class ErrorProofTests
{
    private static readonly string s_repository = FindRepository();

    private static readonly string[] s_ids = [.. IdsOf(typeof(SandboxErrorId)).Concat(IdsOf(typeof(CmdletErrorId))).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Ids => [.. s_ids];

    [Fact]
    public void Each_id_has_its_test_and_there_is_none_of_another() =>
        Assert.Equal(s_ids, ErrorProofs.All.Keys.Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Ids))]
    public void Its_test_is_there_and_looks_at_the_id(string id)
    {
        ErrorProof proof = ErrorProofs.All[id];
        string file = Path.Combine(s_repository, "tests", proof.File);
        Assert.True(File.Exists(file), $"{file} is not there.");
        string body = Assert.Single(Bodies(file), test => test.Name == proof.Test).Text;
        Assert.True(Regex.IsMatch(body, $@"(ErrorId\.|[""'])({id})\b"), $"The test '{proof.Test}' does not look at {id}.");
        Assert.Matches("Assert|Fail(s|Async)|Should", body);
    }

    [Theory, MemberData(nameof(Ids))]
    public void It_is_raised_somewhere(string id)
    {
        IEnumerable<string> sources = Directory.EnumerateFiles(Path.Combine(s_repository, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj") && Path.GetFileName(path) is not ("SandboxErrorId.cs" or "CmdletErrorId.cs"));

        // Comments speak of it, and so does the table of PowerShell's categories.
        Assert.Contains(sources, path => File.ReadLines(path).Any(line => Regex.IsMatch(line, $@"^(?!\s*///).*ErrorId\.{id}\b") && (Path.GetFileName(path) != "ErrorRecords.cs" || line.Contains("new(", StringComparison.Ordinal))));
    }

    private static IEnumerable<string> IdsOf(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

    /// <summary>The tests of a file: a method with the attributes above it, or what stands between one It and the next.</summary>
    private static IEnumerable<(string Name, string Text)> Bodies(string file)
    {
        string[] lines = File.ReadAllLines(file);
        bool script = file.EndsWith(".ps1", StringComparison.Ordinal);
        (int At, string Name)[] starts = [.. lines.Select((line, at) => (At: at, Match: (script ? It() : Method()).Match(line))).Where(found => found.Match.Success).Select(found => (found.At, found.Match.Groups[1].Value))];
        for (int i = 0; i < starts.Length; i++)
        {
            int end = i + 1 < starts.Length ? Above(lines, starts[i + 1].At) : lines.Length;
            yield return (starts[i].Name, string.Join('\n', lines[Above(lines, starts[i].At)..end]));
        }
    }

    private static int Above(string[] lines, int at)
    {
        while (at > 0 && lines[at - 1].TrimStart() is ['[', ..] or ['/', '/', ..])
        {
            at--;
        }

        return at;
    }

    private static string FindRepository([CallerFilePath] string path = "") => Path.GetFullPath("../../..", Path.GetDirectoryName(path)!);

    [GeneratedRegex(@"^\s+public (?:static )?(?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"^\s+It '((?:[^']|'')*)'")]
    private static partial Regex It();
}
