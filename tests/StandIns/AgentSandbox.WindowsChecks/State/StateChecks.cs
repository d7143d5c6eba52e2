namespace AgentSandbox.WindowsChecks.State;

/// <summary>The state folder.</summary>
internal static class StateChecks
{
    public static (string, Action<CheckFolder>)[] All { get; } = [];

    public static int HoldLock(string path) => path.Length;
}
