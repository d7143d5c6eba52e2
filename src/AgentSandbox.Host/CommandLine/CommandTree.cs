using System.CommandLine;
using AgentSandbox.Host.CommandLine.Verbs;

namespace AgentSandbox.Host.CommandLine;

/// <summary>All verbs. Built by hand, without reflection, so that starting takes a millisecond.</summary>
internal static class CommandTree
{
    /// <summary>Shows the help of the verb that it stands after.</summary>
    public static readonly Option<bool> Help = new("--help", "-h", "-?") { Description = "Show this help.", Recursive = true };

    /// <summary>Shows the version.</summary>
    public static readonly Option<bool> Version = new("--version") { Description = "Show the version." };

    /// <summary>Makes the tree.</summary>
    /// <returns>Its root.</returns>
    public static Verb Create()
    {
        var root = new Verb("agentsandbox", "Runs untrusted code in sandboxes on this machine.")
        {
            Usage = "agentsandbox COMMAND [options]",
            Examples =
            [
                ("Run one command in a throw-away sandbox", "agentsandbox run -- id"),
                ("The same with a folder to work in, more memory and ten seconds at most", "agentsandbox run --mount ./src:/work:rw --memory 1GB --timeout 10 -- make -C /work"),
                ("Keep a sandbox and use it again and again", "agentsandbox create box\nagentsandbox exec box -- sh -c 'ls /proc | head'\nagentsandbox copy ./data box:/tmp/\nagentsandbox remove box"),
                ("What does it really isolate?", "agentsandbox test --backend nspawn"),
            ],
            Notes = ExitCodes.Explanation,
        };
        root.Options.Add(Help);
        root.Options.Add(Version);
        foreach (Verb verb in (Verb[])[RunVerb.Create(), CreateVerb.Create(), ExecVerb.Create(), ShellVerb.Create(), ListVerb.Create(), LifecycleVerbs.CreateStart(), LifecycleVerbs.CreateStop(), LifecycleVerbs.CreateRemove(), CopyVerb.Create(), TestVerb.Create(), BackendsVerb.Create(), ImagesVerb.Create()])
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }
}
