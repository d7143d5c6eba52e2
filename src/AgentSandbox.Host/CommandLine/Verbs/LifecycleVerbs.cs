using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>start</c>, <c>stop</c> and <c>remove</c>: the same for one sandbox or many. One that fails does not keep the others from being done.</summary>
internal static class LifecycleVerbs
{
    private static readonly Argument<string[]> s_names = CommonOptions.Names("Names or ids of sandboxes.");

    /// <summary>Makes <c>start</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateStart() => Build("start", "Start stopped sandboxes on the file systems that they had.", [("Resume", "agentsandbox start box")], i =>
        ForEachAsync(i, (manager, sandbox) => manager.StartAsync(sandbox.Id, i.CancellationToken), done => Report.Json(done, ReportJson.Readable.IReadOnlyListSandbox)));

    /// <summary>Makes <c>stop</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateStop() => Build("stop", "Stop sandboxes: everything in them is ended, their file systems are kept.", [("Free memory and processes, keep the files", "agentsandbox stop box")], i =>
        ForEachAsync(i, (manager, sandbox) => manager.StopAsync(sandbox.Id, i.CancellationToken), done => Report.Json(done, ReportJson.Readable.IReadOnlyListSandbox)));

    /// <summary>Makes <c>remove</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateRemove() => Build("remove", "Remove sandboxes: everything in them is ended, nothing is left.", [("Two at once", "agentsandbox remove box other")], i =>
        ForEachAsync(
            i,
            async (manager, sandbox) =>
            {
                await manager.RemoveAsync(sandbox.Id, i.CancellationToken);
                return new RemovedSandbox(sandbox.Name, sandbox.Id);
            },
            done => Report.Json(done, ReportJson.Readable.IReadOnlyListRemovedSandbox)));

    private static Verb Build(string name, string description, IReadOnlyList<(string, string)> examples, Func<Invocation, Task<int>> handler)
    {
        var verb = new Verb(name, description) { Usage = $"agentsandbox {name} NAME... [options]", Handler = handler, Examples = examples };
        verb.Arguments.Add(s_names);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    private static async Task<int> ForEachAsync<T>(Invocation invocation, Func<SandboxManager, Sandbox, Task<T>> act, Action<IReadOnlyList<T>> reportJson)
    {
        await using var manager = new SandboxManager();
        var done = new List<T>();
        int exitCode = 0;
        foreach (string name in invocation.Value(s_names)!.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            try
            {
                Sandbox sandbox = manager.Get(name);
                done.Add(await act(manager, sandbox));
                if (!invocation.Json)
                {
                    Report.Line(sandbox.Name);
                }
            }
            catch (SandboxException exception)
            {
                ErrorReport.Write(exception, invocation.Json);
                exitCode = ExitCodes.Failed;
            }
            catch (OperationCanceledException) when (invocation.Signals.First != 0)
            {
                exitCode = ExitCodes.SignalBase + invocation.Signals.First;
                break;
            }
        }

        if (invocation.Json)
        {
            reportJson(done);
        }

        return exitCode;
    }
}
