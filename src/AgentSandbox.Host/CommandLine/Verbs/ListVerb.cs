using System.CommandLine;
using System.IO.Enumeration;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>list</c>: every sandbox on this machine.</summary>
internal static class ListVerb
{
    private static readonly Argument<string[]> s_names = new("name") { HelpName = "NAME", Description = "Names, * and ? as wildcards; all when left out.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> s_id = CommonOptions.Text("--id", "ID", "Only the sandbox with this id.");
    private static readonly Option<string?> s_state = CommonOptions.Text("--state", "STATE", "Only those in this state: Creating, Running, Stopped, Failed or Removing.");

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("list", "List the sandboxes on this machine, whichever process made them.")
        {
            Usage = "agentsandbox list [NAME...] [options]",
            Handler = HandleAsync,
            Examples =
            [
                ("All of them", "agentsandbox list"),
                ("Remove all whose name begins with test-", "agentsandbox list 'test-*' --json | jq -r '.[].Name' | xargs -r agentsandbox remove"),
            ],
        };
        verb.Arguments.Add(s_names);
        verb.Options.Add(s_id);
        verb.Options.Add(s_state);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        SandboxState? state = ReadState(invocation.Value(s_state));
        string[] patterns = invocation.Value(s_names) ?? [];
        string? id = invocation.Value(s_id);
        await using var manager = new SandboxManager();
        IReadOnlyList<Sandbox> sandboxes =
        [
            .. manager.List(warning => Report.Warnings([warning])).Where(s =>
                (patterns.Length == 0 || patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, s.Name, ignoreCase: true)))
                && (id is null || s.Id == id)
                && (state is null || s.State == state)),
        ];
        if (invocation.Json)
        {
            Report.Json(sandboxes, ReportJson.Readable.IReadOnlyListSandbox);
        }
        else
        {
            Report.Text(Table(sandboxes, DateTimeOffset.UtcNow));
        }

        return 0;
    }

    private static string Table(IReadOnlyList<Sandbox> sandboxes, DateTimeOffset now)
    {
        var table = new TableWriter("NAME", "ID", "BACKEND", "STATE", "IMAGE", "NETWORK", "MEMORY", "PROCESSES", "CREATED", "EXPIRES");
        foreach (Sandbox s in sandboxes)
        {
            table.Add(s.Name, s.Id, s.Backend, s.State.ToString(), s.Image, s.Network.ToString(), HumanText.Size(s.MemoryUsage), s.ProcessCount?.ToString(System.Globalization.CultureInfo.InvariantCulture), $"{HumanText.Span(now - s.Created)} ago", s.Expires is { } expires ? $"in {HumanText.Span(expires - now)}" : null);
        }

        return table.ToString();
    }

    private static SandboxState? ReadState(string? text)
    {
        if (text is null)
        {
            return null;
        }

        foreach (SandboxState state in Enum.GetValues<SandboxState>())
        {
            if (string.Equals(state.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return state;
            }
        }

        throw new UsageException($"--state: '{text}' is no state.", $"Write one of {string.Join(", ", Enum.GetNames<SandboxState>())}.");
    }
}
