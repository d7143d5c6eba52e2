using System.Collections.Concurrent;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Checkpoints;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.Connection;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>The sandboxes that this machine's state folder keeps: those on its own kernel. All of it is root's.</summary>
internal sealed partial class LocalSandboxes(SandboxHome home, ImageStore images, IReadOnlyList<ILocalBackend> backends) : ISandboxProvider, ICheckpointKeeper
{
    private readonly SandboxHome _home = home;
    private readonly ImageStore _images = images;
    private readonly RecordStore _store = new(home);
    private readonly GuestConnectionPool _connections = new();
    private readonly ConcurrentDictionary<string, FileLock> _owned = new();

    /// <inheritdoc/>
    public IReadOnlyList<ISandboxBackend> Backends => backends;

    /// <inheritdoc/>
    public SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems)
    {
        if (string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase))
        {
            return specification;
        }

        try
        {
            return specification with { Image = _images.Get(specification.Image).Name };
        }
        catch (SandboxException e)
        {
            problems.Add(new SpecificationProblem(e.ErrorId, "Image", e.Message, e.RecommendedAction));
            return specification;
        }
    }

    /// <summary>Closes the connections. Sandboxes live on, but for throw-away ones.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public ValueTask DisposeAsync()
    {
        foreach (string id in _owned.Keys)
        {
            if (_owned.TryRemove(id, out FileLock? ownership))
            {
                ownership.Dispose();
            }
        }

        return _connections.DisposeAsync();
    }

    private ILocalBackend Backend(SandboxRecord record) =>
        backends.FirstOrDefault(b => string.Equals(b.Name, record.Specification.Backend, StringComparison.OrdinalIgnoreCase))
        ?? throw new SandboxException(SandboxErrorId.UnknownBackend, $"The sandbox '{record.Name}' was made by the backend '{record.Specification.Backend}', which this build does not have.", "Use the version that made it.", record.Name);

    /// <summary>Another system than Linux has no sandboxes of its own kernel, whatever lies in the state folder.</summary>
    private static bool CanHaveSandboxes => OperatingSystem.IsLinux();

    private void ThrowIfNotRoot()
    {
        if (OperatingSystem.IsLinux() && Libc.GetEUid() != 0 && Directory.Exists(_home.Data))
        {
            SpecificationProblem problem = LinuxBackend.RootRequired();
            throw new SandboxException(problem.ErrorId, problem.Message, problem.RecommendedAction);
        }
    }
}
