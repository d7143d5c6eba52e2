using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>create</c>: makes and starts a sandbox that stays.</summary>
internal static class CreateVerb
{
    private static readonly Argument<string?> s_name = new("name") { HelpName = "NAME", Description = "Name, unique on this machine; made up when left out.", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("create", "Create and start a sandbox. It stays until it is removed; its name goes to standard output.")
        {
            Usage = "agentsandbox create [NAME] [options]",
            Handler = HandleAsync,
            Examples =
            [
                ("A sandbox with the defaults: no network, a user namespace, limits", "agentsandbox create box"),
                ("With a folder to work in, for an hour at most", "agentsandbox create box --mount ~/src:/work:rw --memory 1GB --time-to-live 1h"),
                ("For a script", "name=$(agentsandbox create --idle-timeout 10m)"),
            ],
        };
        verb.Arguments.Add(s_name);
        SandboxOptions.AddTo(verb);
        verb.Options.Add(CommonOptions.Quiet);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    /// <summary>Creates a sandbox and prints its warnings.</summary>
    /// <param name="create">Makes it.</param>
    /// <param name="specification">What it shall be.</param>
    /// <param name="invocation">What the user asked for; a signal cancels the creation.</param>
    /// <returns>The sandbox.</returns>
    public static async Task<Sandbox> CreateSandboxAsync(
        Func<SandboxSpecification, IProgress<SandboxProgress>?, CancellationToken, Task<Sandbox>> create, SandboxSpecification specification, Invocation invocation)
    {
        try
        {
            Sandbox sandbox;
            using (ProgressLine<SandboxProgress>? progress = ImagesVerb.ProgressLine())
            {
                sandbox = await create(specification, progress, invocation.CancellationToken);
            }

            if (!invocation.Value(CommonOptions.Quiet))
            {
                Report.Warnings(sandbox.Warnings);
            }

            return sandbox;
        }
        catch (OperationCanceledException) when (invocation.Signals.First != 0)
        {
            throw new InterruptedException(invocation.Signals.First);
        }
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        SandboxSpecification specification = SandboxOptions.Bind(invocation.Parsed, invocation.Value(s_name));
        await using var manager = new SandboxManager();
        Sandbox sandbox = await CreateSandboxAsync(manager.CreateAsync, specification, invocation);
        if (invocation.Json)
        {
            Report.Json(sandbox, ReportJson.Readable.Sandbox);
        }
        else
        {
            Report.Line(sandbox.Name);
        }

        return 0;
    }
}
