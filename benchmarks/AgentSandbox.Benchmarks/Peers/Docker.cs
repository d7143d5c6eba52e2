using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Peers;

/// <summary>docker(1), where an engine answers. None is ever started from here.</summary>
internal sealed class Docker : IAsyncDisposable
{
    private const string Name = "agentsandbox-benchmark";

    private Docker()
    {
    }

    /// <summary>Imports a small image made of this machine's own programs and starts a container of it.</summary>
    /// <returns>The peer, or null where no engine answers.</returns>
    public static async Task<Docker?> CreateAsync()
    {
        if (Shell.Find("docker") is null || !await AnswersAsync())
        {
            return null;
        }

        string files = """set -e; p="/bin/true /bin/sh /bin/sleep /usr/bin/head"; echo $p $(ldd $p | grep -o '/[^ ]*' | grep -v ':$' | sort -u) | tr ' ' '\n' | tar -chf - -T - 2>/dev/null | docker import - """ + Name;
        await Shell.RunAsync("sh", "-c", files);
        await Shell.RunAsync("sh", "-c", $"docker rm -f {Name} >/dev/null 2>&1; docker run -d --network none --name {Name} {Name} /bin/sleep 86400");
        return new Docker();
    }

    /// <summary>docker run --rm … /bin/true.</summary>
    /// <returns>A task that completes at its end.</returns>
    public static Task RunTrueAsync() => Shell.RunAsync("docker", "run", "--rm", "--network", "none", Name, "/bin/true");

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
