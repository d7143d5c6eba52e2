using System.Diagnostics;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Checkpoints;

/// <summary>A running sandbox on a machine that has control groups of version 1 only: one from which version 2 is taken away, for the programs of the test.</summary>
public sealed class VersionOneTests
{
    [Theory, InlineData("chroot"), InlineData("nspawn")]
    public async Task A_running_sandbox_is_held_by_the_freezer_and_runs_on(string backend)
    {
        await using var host = new SandboxHost();
        const string Freezer = "/sys/fs/cgroup/freezer";
        if (ControlGroupHierarchy.Detect() is not { IsUnified: false, VersionTwoRoot: { } two } || !Directory.Exists(Freezer))
        {
            return; // Such a machine can't be had here: this one has no version 1.
        }

        // A writer runs on after each checkpoint, what is kept is a moment of its work, and a held sandbox can be removed.
        const string Script = """
            set -eu
            mount --make-rprivate /; umount "$1"
            a="$2"; "$a" create old --backend "$3" >&2
            "$a" exec old -- sh -c 'echo start > ~/n; (i=0; while :; do i=$((i+1)); echo $i > ~/n.new; mv ~/n.new ~/n; done) > /dev/null 2>&1 &'
            id=$(ls "$AGENTSANDBOX_HOME/lib/sandboxes")
            for c in one two; do
                "$a" checkpoint old $c >&2
                n=$("$a" exec old -- sh -c 'cat ~/n'); t=0
                while [ "$("$a" exec old -- sh -c 'cat ~/n')" = "$n" ]; do t=$((t+1)); [ $t -lt 200 ] || { echo "it stands still"; exit 1; }; done
            done
            "$a" exec old -- sh -c 'cat ~/n'
            "$a" restore old one --force >&2
            "$a" exec old -- sh -c 'cat ~/n'
            cat "$4/agentsandbox/$id/freezer.state"
            echo FROZEN > "$4/agentsandbox/$id/freezer.state"
            "$a" remove old >&2
            test ! -e "$4/agentsandbox/$id" && echo gone
            """;
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", Script, "sh", two, Path.Combine(Programs.Folder, "agentsandbox"), backend, Freezer])
        {
            RedirectStandardOutput = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
        };
        using Process process = Process.Start(start)!;
        string[] said = (await process.StandardOutput.ReadToEndAsync()).TrimEnd().Split('\n');
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.True(long.Parse(said[1]) < long.Parse(said[0]), string.Join(' ', said));
        Assert.Equal(["THAWED", "gone"], said[2..]);
    }
}
