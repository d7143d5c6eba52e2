namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>Who a command in an instance runs as.</summary>
internal enum WsbRunAs
{
    /// <summary>The user that is logged on, <c>WDAGUtilityAccount</c>. There is one only once a client is connected.</summary>
    ExistingLogin = 0,

    /// <summary>The system itself.</summary>
    System = 1,
}

/// <summary>
/// The verbs of <c>wsb.exe</c>, as documented and measured (docs/windows-sandbox.md). All throw <see cref="WsbException"/>; each has a bound of time,
/// but for <see cref="ExecAsync"/>, which lasts as long as the command.
/// </summary>
internal interface IWsbCli
{
    /// <summary>Ids of the instances of this user: none, or one.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Starts an instance. A failure does not mean that there is none: see <see cref="WsbStatus.FileNotFound"/>.</summary>
    /// <param name="id">The id that it shall have.</param>
    /// <param name="configuration">Its configuration, XML on one line.</param>
    /// <param name="cancellationToken">Ends the waiting, not the instance.</param>
    /// <returns>The id that it has.</returns>
    Task<string> StartAsync(string id, string configuration, CancellationToken cancellationToken);

    /// <summary>Runs a command in an instance to its end.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="command">The command line.</param>
    /// <param name="runAs">Who runs it.</param>
    /// <param name="workingDirectory">Where; null is wherever the instance likes.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    /// <returns>The command's own exit code.</returns>
    Task<int> ExecAsync(string id, string command, WsbRunAs runAs, string? workingDirectory, CancellationToken cancellationToken);

    /// <summary>Shares a folder with a running instance.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="hostPath">The folder.</param>
    /// <param name="sandboxPath">Where it is to be.</param>
    /// <param name="allowWrite">It may be written to.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task ShareAsync(string id, string hostPath, string sandboxPath, bool allowWrite, CancellationToken cancellationToken);

    /// <summary>Ends an instance, and with it all that is in it.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task StopAsync(string id, CancellationToken cancellationToken);

    /// <summary>Opens the window of an instance, which logs on. The client lives as long as the window: it is started and left alone. To be called once.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when the client has not failed at once.</returns>
    Task ConnectAsync(string id, CancellationToken cancellationToken);

    /// <summary>Addresses of an instance.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<string>> IpAsync(string id, CancellationToken cancellationToken);
}
