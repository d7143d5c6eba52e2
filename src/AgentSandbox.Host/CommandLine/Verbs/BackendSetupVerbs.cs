using System.CommandLine;
using AgentSandbox.Backends;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>backends enable</c>, <c>install</c> and <c>uninstall</c>: making a backend ready.</summary>
internal static class BackendSetupVerbs
{
    private static readonly Argument<string> s_name = new("name") { HelpName = "NAME", Description = "Name of the backend." };
    private static readonly Option<bool> s_whatIf = new("--what-if") { Description = "Say what would be done, and do nothing." };
    private static readonly Option<string?> s_rootFileSystem = CommonOptions.Text("--root-file-system", "FILE", "Archive of the root file system to import (.tar, .tar.gz, .tar.xz).");
    private static readonly Option<string?> s_location = CommonOptions.Text("--location", "DIR", "Folder for its disk; below the state folder when left out.");
    private static readonly Option<bool> s_force = new("--force") { Description = "Replace what is installed, with every sandbox in it." };

    /// <summary>Makes the verbs.</summary>
    /// <returns>The verbs.</returns>
    public static IEnumerable<Verb> Create()
    {
        yield return Build(
            "enable",
            "Switch on the feature of Windows that a backend rests on; asks for an administrator's rights.",
            "",
            [("Windows Sandbox", "agentsandbox backends enable windowssandbox")],
            [],
            (manager, name, _) => manager.PlanEnableBackend(name),
            (manager, name, _, progress, token) => manager.EnableBackendAsync(name, progress, token));
        yield return Build(
            "install",
            "Put in place what a backend runs in.",
            " --root-file-system FILE",
            [("A Linux distribution of its own in WSL2", "agentsandbox backends install wsl --root-file-system debian.tar.xz")],
            [s_rootFileSystem, s_location, s_force],
            (manager, name, i) => manager.PlanInstallBackend(name, Options(i)),
            (manager, name, i, progress, token) => manager.InstallBackendAsync(name, Options(i), progress, token));
        yield return Build(
            "uninstall",
            "Take away what install put in place, with every sandbox in it.",
            "",
            [("The distribution, its disk and its sandboxes", "agentsandbox backends uninstall wsl")],
            [],
            (manager, name, _) => manager.PlanUninstallBackend(name),
            (manager, name, _, progress, token) => manager.UninstallBackendAsync(name, progress, token));
    }

    private static Verb Build(
        string name,
        string description,
        string usage,
        IReadOnlyList<(string, string)> examples,
        IReadOnlyList<Option> options,
        Func<SandboxManager, string, Invocation, BackendSetupStep?> plan,
        Func<SandboxManager, string, Invocation, IProgress<SandboxProgress>?, CancellationToken, Task<BackendSetupResult>> act)
    {
        var verb = new Verb(name, description) { Usage = $"agentsandbox backends {name} NAME{usage} [options]", Examples = examples, Handler = i => HandleAsync(i, plan, act) };
        verb.Arguments.Add(s_name);
        foreach (Option option in options.Append(s_whatIf).Append(CommonOptions.Json))
        {
            verb.Options.Add(option);
        }

        return verb;
    }

    private static async Task<int> HandleAsync(
        Invocation invocation,
        Func<SandboxManager, string, Invocation, BackendSetupStep?> plan,
        Func<SandboxManager, string, Invocation, IProgress<SandboxProgress>?, CancellationToken, Task<BackendSetupResult>> act)
    {
        string name = invocation.Value(s_name)!;
        await using var manager = new SandboxManager();
        BackendSetupStep? step = plan(manager, name, invocation);
        if (step is null || invocation.Value(s_whatIf))
        {
            Say(step, name, invocation);
            return 0;
        }

        BackendSetupResult result;
        using (ProgressLine<SandboxProgress>? progress = ImagesVerb.ProgressLine())
        {
            try
            {
                result = await act(manager, name, invocation, progress, invocation.CancellationToken);
            }
            catch (OperationCanceledException) when (invocation.Signals.First != 0)
            {
                throw new InterruptedException(invocation.Signals.First);
            }
        }

        if (result.RestartRequired)
        {
            Report.Warnings([$"restart Windows before the backend {result.Backend} is used."]);
        }

        if (invocation.Json)
        {
            Report.Json(result, ReportJson.Readable.BackendSetupResult);
        }
        else
        {
            Report.Text(string.Concat(result.Checks.Prepend(result.Action).Select(line => PrintableText.Clean(line) + "\n")));
        }

        return 0;
    }

    private static void Say(BackendSetupStep? step, string name, Invocation invocation)
    {
        if (invocation.Json)
        {
            Report.Json(step, ReportJson.Readable.BackendSetupStep!);
        }
        else
        {
            Report.Line(step is null
                ? $"Nothing is to be done for the backend {PrintableText.Clean(name)}."
                : $"{PrintableText.Clean(step.Description)}{(step.NeedsElevation ? " (with an administrator's rights)" : "")}\n  {PrintableText.Clean(step.CommandLine)}");
        }
    }

    private static BackendInstallOptions Options(Invocation invocation) => new()
    {
        RootFileSystem = FullPath(invocation.Value(s_rootFileSystem)),
        Location = FullPath(invocation.Value(s_location)),
        Force = invocation.Value(s_force),
    };

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
