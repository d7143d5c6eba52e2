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

/// <summary>A folder of a check's own.</summary>
internal sealed class CheckFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agentsandbox-check-").FullName;

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(@"\\?\" + Path, recursive: true);
}
