using Xunit.Abstractions;

namespace AgentSandbox.Tests;

/// <summary>A random generator whose seed is in the test's output, so that a failure can be repeated: set <c>AGENTSANDBOX_TEST_SEED</c>.</summary>
internal static class Seeded
{
    public static Random Create(ITestOutputHelper output)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("AGENTSANDBOX_TEST_SEED"), out int given) ? given : Random.Shared.Next();
        output.WriteLine($"AGENTSANDBOX_TEST_SEED={seed}");
        return new Random(seed);
    }
}
