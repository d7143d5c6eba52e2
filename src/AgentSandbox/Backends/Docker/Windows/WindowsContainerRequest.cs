using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// Turns a sandbox into the body of <c>POST /containers/create</c> for a Windows engine. Only what such an engine honours is in it: most of what
/// protects a Linux container it refuses ("Windows does not support ..."), and has no use for in a virtual machine.
/// </summary>
/// <param name="record">The sandbox.</param>
/// <param name="image">Its image.</param>
/// <param name="facts">The engine.</param>
internal sealed class WindowsContainerRequest(ContainerRecord record, EngineImage image, EngineFacts facts)
{
    /// <summary>
    /// Waits for a line on standard input, or its end. The engine closes it when the connection of the process that made the sandbox is gone, however
    /// that ended. A builtin of the shell, so no image lacks it; the exit code is not that of the failed reading.
    /// </summary>
    private const string UntilInputEnds = "set /p agentsandbox= & exit 0";

    /// <summary>Makes the body; labels are the caller's.</summary>
    /// <param name="now">The time, to count the time to live from.</param>
    /// <returns>The body.</returns>
    public ContainerCreate Build(DateTimeOffset now)
    {
        SandboxSpecification specification = record.Specification;
        return new ContainerCreate
        {
            Image = image.Reference,
            Hostname = specification.Hostname,
            User = WindowsPrograms.Administrator,
            Entrypoint = [WindowsPrograms.Shell, "/D", "/S", "/C", Wait(now)],
            Cmd = [],
            Env = specification.Environment.Count > 0 ? [.. specification.Environment.Select(v => $"{v.Key}={v.Value}")] : null,
            Healthcheck = new Healthcheck { Test = ["NONE"] },
            AttachStdin = record.ThrowAway,
            OpenStdin = record.ThrowAway,
            StdinOnce = record.ThrowAway,
            HostConfig = new HostConfig
            {
                Isolation = "hyperv",
                NetworkMode = "none",
                Memory = specification.Memory > 0 ? specification.Memory : null,
                NanoCpus = specification.Cpu > 0 && specification.Cpu < facts.Info.NCPU ? (long)(specification.Cpu * 1e9) : null,
                StorageOpt = specification.DiskLimit > 0 ? new Dictionary<string, string> { ["size"] = specification.DiskLimit.Value.ToString(CultureInfo.InvariantCulture) } : null,
                Mounts = specification.Mounts.Count > 0 ? [.. specification.Mounts.Select(Bind)] : null,
                LogConfig = new LogConfig { Type = "none" }, // The waiting process says nothing.
                AutoRemove = record.ThrowAway,
                RestartPolicy = new RestartPolicy { Name = "no" },
            },
        };
    }

    /// <summary>What the first process does: nothing, until the sandbox is to end. Its end is the end of everything in the container.</summary>
    private string Wait(DateTimeOffset now)
    {
        if (record.ThrowAway)
        {
            return UntilInputEnds;
        }

        if (record.Expires is not { } expires)
        {
            return $"{WindowsPrograms.Ping} -t 127.0.0.1 > nul";
        }

        // One request a second, the first at once: n of them take n-1 seconds. Rounded up: never before its time.
        long seconds = Math.Max(1, (long)Math.Ceiling((expires - now).TotalSeconds)) + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{WindowsPrograms.Ping} -n {seconds} 127.0.0.1 > nul & exit 0");
    }

    private static Mount Bind(SandboxMount mount) => new() { Type = "bind", Source = mount.Source, Target = WindowsPath.Normal(mount.Target), ReadOnly = mount.ReadOnly };
}
