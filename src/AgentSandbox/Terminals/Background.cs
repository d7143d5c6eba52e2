namespace AgentSandbox.Terminals;

/// <summary>Requests whose effect shows elsewhere.</summary>
internal static class Background
{
    /// <summary>Lets a request go: whether it arrived shows in the command's Completion, which is what everybody waits for.</summary>
    /// <param name="request">The request.</param>
    public static void Forget(Task request) =>
        _ = request.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
