namespace AgentSandbox.WindowsChecks;

/// <summary>A check did not hold.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);

/// <summary>What checks say.</summary>
internal static class Check
{
    public static void That(bool condition, string what)
    {
        if (!condition)
        {
            throw new CheckFailedException(what);
        }
    }

    public static void Same<T>(T expected, T actual, string what) => That(EqualityComparer<T>.Default.Equals(expected, actual), $"{what}: expected '{expected}', got '{actual}'");

    public static T Throws<T>(Action action, string what)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T e)
        {
            return e;
        }

        throw new CheckFailedException($"{what}: no {typeof(T).Name}");
    }
}

/// <summary>A folder of a check's own, below the one that whoever runs the checks made for them and deletes.</summary>
internal sealed class CheckFolder
{
    public const string Variable = "AGENTSANDBOX_CHECKS_FOLDER";

    public string Path { get; } = Directory.CreateDirectory(
        System.IO.Path.Combine(Environment.GetEnvironmentVariable(Variable) ?? throw new CheckFailedException($"{Variable} is not set."), Guid.NewGuid().ToString("N")[..8])).FullName;

    public string Sub(string name) => System.IO.Path.Combine(Path, name);
}
