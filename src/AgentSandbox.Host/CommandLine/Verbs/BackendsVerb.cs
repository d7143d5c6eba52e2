using System.Text;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>backends</c>: what this machine can make sandboxes with.</summary>
internal static class BackendsVerb
{
    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("backends", "Show what this machine can make sandboxes with, what each isolates, and what is missing.")
        {
            Usage = "agentsandbox backends [COMMAND] [options]",
            Handler = HandleAsync,
            Examples = [("What is ready here, and what does 'auto' take?", "agentsandbox backends"), ("Make Windows Sandbox ready, after a look at what that does", "agentsandbox backends enable windowssandbox --what-if\nagentsandbox backends enable windowssandbox")],
        };
        verb.Options.Add(CommonOptions.Json);
        foreach (Verb setup in BackendSetupVerbs.Create())
        {
            verb.Subcommands.Add(setup);
        }

        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        await using var manager = new SandboxManager();
        IReadOnlyList<BackendInfo> backends = manager.GetBackends();
        if (invocation.Json)
        {
            Report.Json(backends, ReportJson.Readable.IReadOnlyListBackendInfo);
        }
        else
        {
            Report.Text(Format(backends));
        }

        return 0;
    }

    private static string Format(IReadOnlyList<BackendInfo> backends)
    {
        var table = new TableWriter("NAME", "AVAILABLE", "AUTO", "BOUNDARY", "VERSION");
        foreach (BackendInfo backend in backends)
        {
            table.Add(backend.Name, backend.Available ? "yes" : "no", backend.Default ? "yes" : null, backend.SecurityBoundary ? "yes" : "no", backend.Version);
        }

        var text = new StringBuilder(table.ToString());
        foreach (BackendInfo backend in backends)
        {
            text.Append('\n').Append(Terminal.Bold(backend.Name)).Append('\n');
            Item(text, "isolates", string.Join(", ", backend.Isolates));
            Item(text, "does not isolate", string.Join(", ", backend.DoesNotIsolate));
            Item(text, "not available", backend.Reason);
            Item(text, "what to do", backend.RecommendedAction);
        }

        return text.ToString();
    }

    private static void Item(StringBuilder text, string label, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append("  ").Append(label).Append(": ").Append(PrintableText.Clean(value)).Append('\n');
        }
    }
}
