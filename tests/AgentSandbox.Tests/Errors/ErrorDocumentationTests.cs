using System.Reflection;
using System.Runtime.CompilerServices;

namespace AgentSandbox.Tests.Errors;

public sealed class ErrorDocumentationTests
{
    [Fact]
    public void Every_error_id_is_documented_and_nothing_else_is()
    {
        string[] ids = [.. typeof(SandboxErrorId).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal)];
        string[] documented = [.. File.ReadLines(Path.Combine(Repository(), "docs", "errors.md"))
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).Order(StringComparer.Ordinal)];
        Assert.Equal(ids, documented);
    }

    [Fact]
    public void An_id_is_its_own_name() =>
        Assert.All(typeof(SandboxErrorId).GetFields(BindingFlags.Public | BindingFlags.Static), f => Assert.Equal(f.Name, f.GetRawConstantValue()));

    private static string Repository([CallerFilePath] string path = "") => Path.GetFullPath("../../..", Path.GetDirectoryName(path)!);
}
