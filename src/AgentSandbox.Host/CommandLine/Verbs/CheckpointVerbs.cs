using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>checkpoint</c>, <c>checkpoints</c>, <c>restore</c> and <c>clone</c>: copies of a sandbox's own files.</summary>
internal static class CheckpointVerbs
{
    private static readonly Argument<string> s_name = CommonOptions.Name();
    private static readonly Argument<string> s_checkpoint = new("checkpoint") { HelpName = "CHECKPOINT", Description = "Name of the checkpoint." };
    private static readonly Argument<string?> s_newName = new("new-name") { HelpName = "NEWNAME", Description = "Name of the new sandbox; made up when left out.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> s_replace = new("--force", "-f") { Description = "Replace a checkpoint of that name." };
    private static readonly Option<bool> s_restart = new("--force", "-f") { Description = "Stop a running sandbox for it, and start it again." };
    private static readonly Option<string[]> s_remove = CommonOptions.Repeated("--remove", "CHECKPOINT", "Delete this checkpoint before listing. Repeatable.");

    /// <summary>Makes <c>checkpoint</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateCheckpoint() => Build(
        "checkpoint",
        "Keep a sandbox's files as they are now, under a name. A running one is held while they are copied.",
        "NAME CHECKPOINT [options]",
        [("Before something risky", "agentsandbox checkpoint box before")],
        [s_name, s_checkpoint],
        [s_replace],
        async (i, manager, sandbox, progress) =>
        {
            SandboxCheckpoint checkpoint = await manager.CheckpointAsync(sandbox.Id, i.Value(s_checkpoint)!, i.Value(s_replace), progress, i.CancellationToken);
            return () => Write(i, checkpoint.Name, () => Report.Json(checkpoint, ReportJson.Readable.SandboxCheckpoint));
        });

    /// <summary>Makes <c>restore</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateRestore() => Build(
        "restore",
        "Put a stopped sandbox's files back to what they were at a checkpoint. What was written since is lost.",
        "NAME CHECKPOINT [options]",
        [("Back to where it was, and running again", "agentsandbox restore box before --force")],
        [s_name, s_checkpoint],
        [s_restart],
        async (i, manager, sandbox, progress) =>
        {
            Sandbox restored = await manager.RestoreAsync(sandbox.Id, i.Value(s_checkpoint)!, i.Value(s_restart), progress, i.CancellationToken);
            return () => Write(i, restored.Name, () => Report.Json(restored, ReportJson.Readable.Sandbox));
        });

    /// <summary>Makes <c>clone</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateClone() => Build(
        "clone",
        "Make and start a new sandbox with the same specification and a copy of another's files.",
        "NAME [NEWNAME] [options]",
        [("Try two ways from the same place", "agentsandbox clone box other")],
        [s_name, s_newName],
        [CommonOptions.Quiet],
        async (i, manager, sandbox, progress) =>
        {
            Sandbox copy = await manager.CloneAsync(sandbox.Id, i.Value(s_newName), progress, i.CancellationToken);
            return () =>
            {
                if (!i.Value(CommonOptions.Quiet))
                {
                    Report.Warnings(copy.Warnings);
                }

                Write(i, copy.Name, () => Report.Json(copy, ReportJson.Readable.Sandbox));
            };
        });

    /// <summary>Makes <c>checkpoints</c>.</summary>
    /// <returns>The verb.</returns>
    public static Verb CreateCheckpoints() => Build(
        "checkpoints",
        "List a sandbox's checkpoints; delete some.",
        "NAME [options]",
        [("Which are there?", "agentsandbox checkpoints box"), ("One less", "agentsandbox checkpoints box --remove before")],
        [s_name],
        [s_remove],
        async (i, manager, sandbox, _) =>
        {
            foreach (string doomed in i.Value(s_remove) ?? [])
            {
                await manager.RemoveCheckpointAsync(sandbox.Id, doomed, i.CancellationToken);
            }

            IReadOnlyList<SandboxCheckpoint> all = await manager.GetCheckpointsAsync(sandbox.Id, i.CancellationToken);
            return () => Write(i, Table(all), () => Report.Json(all, ReportJson.Readable.IReadOnlyListSandboxCheckpoint));
        });

    private static string Table(IReadOnlyList<SandboxCheckpoint> checkpoints)
    {
        var table = new TableWriter("NAME", "SIZE", "CREATED");
        foreach (SandboxCheckpoint checkpoint in checkpoints)
        {
            table.Add(checkpoint.Name, ByteSize.Format(checkpoint.Size), $"{HumanText.Span(DateTimeOffset.UtcNow - checkpoint.Created)} ago");
        }

        return table.ToString().TrimEnd('\n');
    }

    private static void Write(Invocation invocation, string text, Action json)
    {
        if (invocation.Json)
        {
            json();
        }
        else
        {
            Report.Line(text);
        }
    }

    private static Verb Build(
        string name,
        string description,
        string usage,
        IReadOnlyList<(string, string)> examples,
        Argument[] arguments,
        Option[] options,
        Func<Invocation, SandboxManager, Sandbox, IProgress<SandboxProgress>?, Task<Action>> act)
    {
        var verb = new Verb(name, description) { Usage = $"agentsandbox {name} {usage}", Handler = i => RunAsync(i, act), Examples = examples };
        foreach (Argument argument in arguments)
        {
            verb.Arguments.Add(argument);
        }

        foreach (Option option in (Option[])[.. options, CommonOptions.Json])
        {
            verb.Options.Add(option);
        }

        return verb;
    }

    /// <summary>Does it with the progress line, which is gone before the result is written.</summary>
    private static async Task<int> RunAsync(Invocation invocation, Func<Invocation, SandboxManager, Sandbox, IProgress<SandboxProgress>?, Task<Action>> act)
    {
        await using var manager = new SandboxManager();
        try
        {
            Action write;
            using (ProgressLine<SandboxProgress>? progress = ImagesVerb.ProgressLine())
            {
                write = await act(invocation, manager, manager.Get(invocation.Value(s_name)!), progress);
            }

            write();
            return 0;
        }
        catch (OperationCanceledException) when (invocation.Signals.First != 0)
        {
            throw new InterruptedException(invocation.Signals.First);
        }
    }
}
