using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Peers;

/// <summary>docker(1), where an engine answers; benchmark.sh sees to it that one does.</summary>
internal sealed class Docker : IAsyncDisposable
{
    /// <summary>Of the image, and of a container that runs all the time.</summary>
    public const string Name = "agentsandbox-benchmark";

    /// <summary>The engine's gVisor runtime.</summary>
    private const string GVisorRuntime = "runsc";

    private Docker(bool hasGVisor) => HasGVisor = hasGVisor;

    /// <summary>The engine has gVisor's runtime.</summary>
    public bool HasGVisor { get; }

    /// <summary>Imports a small image made of this machine's own programs and starts a container of it.</summary>
    /// <returns>The peer, or null where no engine answers.</returns>
    public static async Task<Docker?> CreateAsync()
    {
        if (Shell.Find("docker") is null || !await AnswersAsync())
        {
            return null;
        }

        string files = """
            set -e
            programs="/bin/true /bin/sh /bin/sleep /bin/rm /bin/mkdir /usr/bin/head"
            folder=$(mktemp -d)
            mkdir -m 1777 "$folder/tmp"
            tar -chf - $programs $(ldd $programs | grep -o '/[^ ]*' | grep -v ':$' | sort -u) -C "$folder" tmp 2>/dev/null | docker import -
            """ + $" {Name}\nrm -r \"$folder\"";
        await Shell.RunAsync("sh", "-c", files);
        await Shell.RunAsync("sh", "-c", $"docker rm -f {Name} >/dev/null 2>&1; docker run -d --network none --name {Name} {Name} /bin/sleep 86400");
        return new Docker((await Shell.ReadAsync("docker", "info", "--format", "{{json .Runtimes}}")).Contains($"\"{GVisorRuntime}\"", StringComparison.Ordinal));
    }

    /// <summary>docker run --rm … /bin/true.</summary>
    /// <returns>A task that completes at its end.</returns>
    public static Task RunTrueAsync() => Shell.RunAsync("docker", "run", "--rm", "--network", "none", Name, "/bin/true");

    /// <summary>docker run --rm … /bin/true with what the Docker and gVisor backends set for a sandbox with default parameters; the profile is the engine's own.</summary>
    /// <param name="gvisor">With gVisor's runtime.</param>
    /// <returns>A task that completes at its end.</returns>
    public static Task RunTrueConfinedAsync(bool gvisor) => Shell.RunAsync(
        "docker",
        [
            "run", "--rm", "--network", "none", "--ipc", "private", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65532:65532",
            "--memory", "1g", "--cpus", "1", "--pids-limit", gvisor ? "2048" : "512", "--log-driver", "none", .. gvisor ? (string[])["--runtime", GVisorRuntime] : [], Name, "/bin/true",
        ]);

    /// <summary>docker cp into the container that runs.</summary>
    /// <param name="source">A folder here.</param>
    /// <param name="target">Path there, which does not exist.</param>
    /// <returns>A task that completes at its end.</returns>
    public static Task CopyInAsync(string source, string target) => Shell.RunAsync("docker", "cp", source, $"{Name}:{target}");

    /// <summary>docker cp out of the container that runs.</summary>
    /// <param name="source">A folder there.</param>
    /// <param name="target">Path here, which does not exist.</param>
    /// <returns>A task that completes at its end.</returns>
    public static Task CopyOutAsync(string source, string target) => Shell.RunAsync("docker", "cp", $"{Name}:{source}", target);

    /// <summary>Removes a folder in the container that runs.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>A task that completes at its end.</returns>
    public static Task RemoveAsync(string path) => Shell.RunAsync("docker", "exec", Name, "/bin/rm", "-rf", path);

    /// <summary>docker exec … /bin/true.</summary>
    /// <returns>A task that completes at its end.</returns>
    public static Task ExecTrueAsync() => Shell.RunAsync("docker", "exec", Name, "/bin/true");

    /// <summary>docker exec … head.</summary>
    /// <param name="bytes">How many bytes it writes.</param>
    /// <returns>How many bytes came.</returns>
    public static Task<long> ExecHeadAsync(long bytes) => Shell.CountAsync("docker", "exec", Name, "/usr/bin/head", "-c", $"{bytes}", "/dev/zero");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Shell.RunAsync("sh", "-c", $"docker rm -f {Name} && docker rmi {Name}");

    private static async Task<bool> AnswersAsync()
    {
        try
        {
            await Shell.RunAsync("docker", "info");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
