namespace AgentSandbox.Benchmarks.Measuring;

/// <summary>One way to do what a row measures.</summary>
/// <param name="Name">What the table shows.</param>
/// <param name="Run">Does it once; throws when it did not work, so that a failure never counts as a fast round.</param>
internal sealed record Contender(string Name, Func<Task> Run);
