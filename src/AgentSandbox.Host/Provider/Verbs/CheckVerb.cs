using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>
/// <c>check</c>: looks whether every way from a sandbox to Windows is cut: in the distribution, by its settings; and in a sandbox, by trying. What is cut in the
/// sandbox only is what its root could not undo.
/// </summary>
internal static class CheckVerb
{
    private const string VsockProbe = "net.vsock";

    /// <summary>Runs it.</summary>
    public static async Task RunAsync(ProviderCall call)
    {
        BackendInfo nspawn = call.Manager.GetBackends().First(b => b.Name == NspawnBackend.BackendName);
        call.Write(new ProviderLine { Check = new("nspawn", nspawn.Available, nspawn.Available ? nspawn.Version ?? "it is there" : nspawn.Reason!, nspawn.Available ? null : $"In the root file system that is imported: {nspawn.RecommendedAction}") });
        if (!nspawn.Available)
        {
            return; // Without it there is no sandbox to look from.
        }

        foreach (ProviderCheck check in InDistribution())
        {
            call.Write(new ProviderLine { Check = check });
        }

        Sandbox sandbox = await call.Manager.CreateThrowAwayAsync(new SandboxSpecification { Backend = NspawnBackend.BackendName, TimeToLive = TimeSpan.FromMinutes(5) });
        try
        {
            foreach ((string name, string script, string cut) in s_inSandbox)
            {
                CommandResult result = await call.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell(script) with { User = "0:0", Timeout = TimeSpan.FromSeconds(20) });
                string seen = result.StandardOutput.Trim();
                call.Write(new ProviderLine { Check = new(name, result.ExitCode == 0 && seen.Length == 0, seen.Length == 0 ? cut : $"in a sandbox there is {seen}", "Report this: a sandbox must not have it.") });
            }
        }
        finally
        {
            await call.Manager.RemoveAsync(sandbox.Id, CancellationToken.None);
        }

        await foreach (IsolationResult vsock in new IsolationTester(call.Manager).TestAsync(NspawnBackend.BackendName, new SandboxSpecification { Backend = NspawnBackend.BackendName }, [VsockProbe]))
        {
            bool isCut = vsock.Verdict is IsolationVerdict.Isolated or IsolationVerdict.NotApplicable;
            call.Write(new ProviderLine { Check = new("vsock", isCut, vsock.Evidence, "Report this: a sandbox must not make sockets to the hypervisor.") });
        }
    }

    /// <summary>What can be looked at from a sandbox with a shell; each says nothing when all is well.</summary>
    private static readonly (string Name, string Script, string Cut)[] s_inSandbox =
    [
        ("sandbox interop", "echo ${WSL_INTEROP-}; ls -d /run/WSL /mnt/wsl 2>/dev/null; true", "no WSL_INTEROP and none of WSL's sockets in a sandbox, so a program of Windows can't be started"),
        ("sandbox drvfs", "mkdir -p /tmp/c; for t in drvfs 9p; do mount -t $t C: /tmp/c 2>/dev/null && echo a mount of C: as $t; done; true", "root in a sandbox can't mount a drive of Windows"),
        ("sandbox drives", "cut -d' ' -f2,3 /proc/mounts | grep -E ' (9p|drvfs|virtiofs)$' ; true", "no drive of Windows is mounted in a sandbox"),
    ];

    private static IEnumerable<ProviderCheck> InDistribution()
    {
        const string SetUp = "Check /etc/wsl.conf, and restart the distribution: wsl --terminate NAME.";
        string[] drives = [.. WindowsMounts.All()];
        yield return new("automount", drives.Length == 0, drives.Length == 0 ? "no drive of Windows is mounted" : $"mounted: {string.Join(", ", drives)}", SetUp);

        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        yield return new("PATH", !path.Contains("/mnt/", StringComparison.Ordinal), path.Contains("/mnt/", StringComparison.Ordinal) ? $"it has folders of Windows: {path}" : "it has no folder of Windows", SetUp);

        bool hasInterop = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("WSL_INTEROP"));
        yield return new("interop", !hasInterop, hasInterop ? "WSL_INTEROP is set: programs of Windows can be started" : "WSL_INTEROP is not set", SetUp);

        bool hasSystemd = Directory.Exists("/run/systemd/system");
        yield return new("systemd", true, hasSystemd ? "it runs" : "it does not run; sandboxes don't need it");
    }
}
