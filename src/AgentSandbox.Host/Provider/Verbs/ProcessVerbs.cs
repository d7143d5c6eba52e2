using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Background processes.</summary>
internal static class ProcessVerbs
{
    /// <summary>Bytes of one answer at most, and pieces: the host asks again for what follows.</summary>
    private const int MaxBytes = 2 << 20;

    private const int MaxPieces = 10_000;

    /// <summary>While nothing happens a line says now and then that somebody is here.</summary>
    private static readonly TimeSpan s_sign = TimeSpan.FromSeconds(20);

    /// <summary><c>start-process</c>: starts one, which what started it need not outlive.</summary>
    public static async Task StartAsync(ProviderCall call)
    {
        CommandSpecification command = call.Request.Process?.ToCommand() ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Process));
        call.CancelWhenInputEnds();
        SandboxProcess process = await call.Manager.StartProcessAsync(call.Id, command, call.Token);
        try
        {
            call.Write(new ProviderLine { Process = process });
        }
        catch (HostGoneException)
        {
            // It never learned of the process, so it will never stop it.
            await call.Manager.StopProcessAsync(process, force: true);
            throw;
        }
    }

    /// <summary><c>list-processes</c>: a line for each.</summary>
    public static Task ListAsync(ProviderCall call)
    {
        foreach (SandboxProcess process in call.Manager.ListProcesses(call.Manager.Get(call.Id)))
        {
            call.Write(new ProviderLine { Process = process });
        }

        return Task.CompletedTask;
    }

    /// <summary><c>get-process</c>: one.</summary>
    public static Task GetAsync(ProviderCall call)
    {
        call.Write(new ProviderLine { Process = Find(call) });
        return Task.CompletedTask;
    }

    /// <summary><c>wait-process</c>: one, when it does not run any more.</summary>
    public static async Task WaitAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        Task<SandboxProcess> waiting = call.Manager.WaitProcessAsync(Find(call), call.Token);
        while (await Task.WhenAny(waiting, Task.Delay(s_sign, call.Token)) != waiting)
        {
            call.Token.ThrowIfCancellationRequested();
            call.Write(new ProviderLine());
        }

        call.Write(new ProviderLine { Process = await waiting });
    }

    /// <summary><c>stop-process</c>: ends one.</summary>
    public static async Task StopAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        call.Write(new ProviderLine { Process = await call.Manager.StopProcessAsync(Find(call), call.Request.Force, call.Token) });
    }

    /// <summary><c>read-process</c>: a line for each piece of output from a position on, then where the next one begins.</summary>
    public static Task ReadAsync(ProviderCall call)
    {
        ProcessOutputReader reader = call.Manager.OpenProcessOutput(Find(call), Math.Max(0, call.Request.Position));
        int bytes = 0, pieces = 0;
        foreach (ProcessOutput piece in reader.Read())
        {
            call.Write(new ProviderLine { Output = piece });
            bytes += piece.Data.Length;
            if (bytes >= MaxBytes || ++pieces >= MaxPieces)
            {
                break;
            }
        }

        call.Write(new ProviderLine { Position = reader.Position, Dropped = reader.Dropped });
        return Task.CompletedTask;
    }

    private static SandboxProcess Find(ProviderCall call) =>
        call.Manager.GetProcess(call.Manager.Get(call.Id), call.Request.ProcessId ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.ProcessId)));
}
