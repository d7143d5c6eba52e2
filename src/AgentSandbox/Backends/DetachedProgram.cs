using System.Diagnostics;
using AgentSandbox.State;

namespace AgentSandbox.Backends;

/// <summary>The program <c>agentsandbox</c> as a process that may outlive its caller: it looks after a container or a command.</summary>
internal static class DetachedProgram
{
    /// <summary>How an engine is found. Nothing else of the caller's environment, which may hold secrets, is in a process that lives as long as what it looks after.</summary>
    private static readonly string[] s_engineVariables = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "HOME"];

    /// <summary>How to start it, with its three streams redirected.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="arguments">Its verb and arguments.</param>
    /// <param name="variables">Variables that it gets besides those that an engine is found by.</param>
    /// <returns>What <see cref="Process.Start(ProcessStartInfo)"/> takes.</returns>
    public static ProcessStartInfo StartInfo(SandboxHome home, string[] arguments, params string[] variables)
    {
        var start = new ProcessStartInfo(SandboxPrograms.Supervisor, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (string name in s_engineVariables.Concat(variables))
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                start.Environment[name] = value;
            }
        }

        if (home.Root is not null)
        {
            start.Environment[SandboxHome.EnvironmentVariable] = home.Root;
        }

        return start;
    }
}
