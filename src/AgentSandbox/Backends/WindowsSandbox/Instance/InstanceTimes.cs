namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>How long things may take. Windows Sandbox takes tens of seconds where all is well.</summary>
internal static class InstanceTimes
{
    /// <summary><c>start</c> may fail and the instance come all the same, within this; measured by winappCli's authors.</summary>
    public static readonly TimeSpan LateSuccess = TimeSpan.FromSeconds(45);

    /// <summary>From the request of a start to when it is certain that no instance comes of it.</summary>
    public static readonly TimeSpan Unknown = Cli.WsbCli.StartTimeout + LateSuccess;

    /// <summary>For Windows inside to start and log on.</summary>
    public static readonly TimeSpan LogOn = TimeSpan.FromSeconds(120);

    /// <summary>For the guest program to answer.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(120);

    /// <summary>For an instance to be gone after its end was asked for.</summary>
    public static readonly TimeSpan End = TimeSpan.FromSeconds(60);

    /// <summary>For the older way's processes to appear.</summary>
    public static readonly TimeSpan Appear = TimeSpan.FromSeconds(30);

    /// <summary>Between two questions.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
}
