using AgentSandbox.Connection;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>Runs <c>wsb.exe</c>. Each value is an argument of its own, so none can be read as an option; output is read as bytes of JSON, errors apart from it.</summary>
/// <param name="program">Absolute path of a <c>wsb.exe</c> that may be trusted.</param>
/// <param name="runner">Runs it.</param>
/// <param name="launcher">Starts what outlives this process.</param>
internal sealed class WsbCli(string program, IProgramRunner runner, IClientLauncher launcher) : IWsbCli
{
    /// <summary>For verbs that only ask or tell.</summary>
    public static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(30);

    /// <summary>For <c>start</c>, which on a cold machine takes tens of seconds.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);

    /// <summary>For <c>stop</c>.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        WsbAnswers.ReadList((await RunAsync(["list", "--raw"], ShortTimeout, cancellationToken)).StandardOutput);

    /// <inheritdoc/>
    public async Task<string> StartAsync(string id, string configuration, CancellationToken cancellationToken) =>
        WsbAnswers.ReadStart((await RunAsync(["start", "--id", id, "--config", configuration, "--raw"], StartTimeout, cancellationToken)).StandardOutput);

    /// <inheritdoc/>
    public async Task<int> ExecAsync(string id, string command, WsbRunAs runAs, string? workingDirectory, CancellationToken cancellationToken)
    {
        List<string> arguments = ["exec", "--id", id, "--command", command, "--run-as", runAs == WsbRunAs.System ? "System" : "ExistingLogin", "--raw"];
        if (workingDirectory is not null)
        {
            arguments.AddRange(["--working-directory", workingDirectory]);
        }

        ProgramResult result = await RunAsync(arguments, null, cancellationToken);

        // Exit code 0 with words on standard error is no dispatch that could be believed.
        return string.IsNullOrWhiteSpace(result.StandardError) ? WsbAnswers.ReadExec(result.StandardOutput) : throw Failure("exec", result);
    }

    /// <inheritdoc/>
    public async Task ShareAsync(string id, string hostPath, string sandboxPath, bool allowWrite, CancellationToken cancellationToken)
    {
        List<string> arguments = ["share", "--id", id, "--host-path", hostPath, "--sandbox-path", sandboxPath, "--raw"];
        if (allowWrite)
        {
            arguments.Add("--allow-write");
        }

        _ = await RunAsync(arguments, ShortTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task StopAsync(string id, CancellationToken cancellationToken) => _ = await RunAsync(["stop", "--id", id, "--raw"], StopTimeout, cancellationToken);

    /// <inheritdoc/>
    public async Task ConnectAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await launcher.LaunchAsync(program, ["connect", "--id", id, "--raw"], cancellationToken) is { } code and not 0)
            {
                throw new WsbException("connect", "The client ended at once.", code);
            }
        }
        catch (ProgramException e)
        {
            throw new WsbException("connect", e.Message, innerException: e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> IpAsync(string id, CancellationToken cancellationToken) =>
        WsbAnswers.ReadIp((await RunAsync(["ip", "--id", id, "--raw"], ShortTimeout, cancellationToken)).StandardOutput);

    private async Task<ProgramResult> RunAsync(List<string> arguments, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        try
        {
            ProgramResult result = await runner.RunAsync(program, arguments, timeout, cancellationToken);
            return result.ExitCode == 0 ? result : throw Failure(arguments[0], result);
        }
        catch (Exception e) when (e is ProgramException or TimeoutException)
        {
            throw new WsbException(arguments[0], e.Message, innerException: e);
        }
    }

    private static WsbException Failure(string verb, ProgramResult result) =>
        new(verb, GuestText.Clean((string.IsNullOrWhiteSpace(result.StandardError) ? result.StandardOutput : result.StandardError).Trim()), WsbStatus.Find(result) ?? (result.ExitCode == 0 ? null : result.ExitCode));
}
