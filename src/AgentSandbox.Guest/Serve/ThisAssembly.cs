namespace AgentSandbox.Guest.Serve;

/// <summary>What the guest says of itself.</summary>
internal static class ThisAssembly
{
    /// <summary>Version of the program.</summary>
    public static string Version => typeof(ThisAssembly).Assembly.GetName().Version?.ToString(3) ?? "";
}
