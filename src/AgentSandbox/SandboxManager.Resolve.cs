using AgentSandbox.Backends;
using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.Isolation;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Checks a specification and fills in every default, without changing anything.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <returns>The specification that <see cref="CreateAsync"/> would use.</returns>
    /// <exception cref="SandboxException">The specification has problems; all of them are in <see cref="SandboxException.Problems"/>.</exception>
    public SandboxSpecification Resolve(SandboxSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var problems = new List<SpecificationProblem>();
        ISandboxBackend? backend = ChooseBackend(specification.Backend, problems);
        problems.InsertRange(0, SpecificationValidator.Validate(specification, backend?.PathStyle ?? SandboxPathStyle.Linux, backend?.MountSourcesAreHere ?? true));
        SandboxSpecification resolved = backend?.ApplyDefaults(specification) ?? specification;
        if (backend is not null)
        {
            problems.AddRange(backend.Validate(resolved));
        }

        ISandboxProvider provider = backend is null ? _providers[0] : _providers.First(p => p.Backends.Contains(backend));
        resolved = provider.ResolveImage(resolved, problems);
        SpecificationValidator.Throw(problems, specification.Name);
        return resolved;
    }

    /// <summary>Says whether a backend's sandboxes have Windows in them, so that paths, shell and scripts are those of Windows.</summary>
    /// <param name="backend">Its name.</param>
    /// <returns>False also for a backend that this build does not have.</returns>
    public bool RunsWindows(string backend) => _backends.FirstOrDefault(b => b.Name == backend)?.PathStyle == SandboxPathStyle.Windows;

    /// <summary>Where the commands of a backend's sandboxes run.</summary>
    /// <param name="backend">Its name.</param>
    internal PayloadPlace PayloadPlaceOf(string backend) => _backends.First(b => b.Name == backend).PayloadPlace;

    /// <summary>The image in this machine's store that a sandbox's root is made from; null when its backend keeps its images elsewhere.</summary>
    /// <param name="sandbox">The sandbox.</param>
    internal SandboxImage? ImageOf(Sandbox sandbox) => _backends.First(b => b.Name == sandbox.Backend) is ILocalBackend ? Images.Get(sandbox.Image) : null;

    /// <summary>Measures where a backend's sandboxes run; null when that is here.</summary>
    /// <inheritdoc cref="ISandboxProvider.TryTest"/>
    internal IAsyncEnumerable<IsolationResult>? TryTest(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds, CancellationToken cancellationToken) =>
        _providers.First(p => p.Backends.Any(b => b.Name == specification.Backend)).TryTest(subject, specification, probeIds, cancellationToken);

    /// <summary>The configuration that a sandbox was started with.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <returns>The text; null when there is none on record.</returns>
    internal string? TryReadConfiguration(Sandbox sandbox) => _providers.First(p => p.Backends.Any(b => b.Name == sandbox.Backend)).TryReadConfiguration(sandbox.Id);

    private ISandboxBackend? ChooseBackend(string name, List<SpecificationProblem> problems)
    {
        if (string.Equals(name, SandboxSpecification.AutoBackend, StringComparison.OrdinalIgnoreCase))
        {
            return ChooseBackend(problems);
        }

        ISandboxBackend? named = _backends.FirstOrDefault(b => string.Equals(b.Name, name, StringComparison.OrdinalIgnoreCase));
        if (named is null)
        {
            problems.Add(new SpecificationProblem(SandboxErrorId.UnknownBackend, "Backend", $"There is no backend '{name}'.", $"Use {string.Join(", ", _backends.Select(b => b.Name))} or Auto."));
            return null;
        }

        BackendInfo info = named.Describe();
        if (!info.Available)
        {
            problems.Add(NotAvailable(info, ""));
            return null;
        }

        return named;
    }

    private ISandboxBackend? ChooseBackend(List<SpecificationProblem> problems)
    {
        AutoChoice choice = ExplainAuto();
        if (choice.Backend is null)
        {
            problems.Add(NothingReady(choice));
            return null;
        }

        return _backends.First(b => b.Name == choice.Backend);
    }

    private static SpecificationProblem NotAvailable(BackendInfo info, string note) => new(
        info.ErrorId ?? SandboxErrorId.BackendNotAvailable,
        "Backend",
        info.ErrorId is null ? $"The backend {info.Name} can't be used here: {info.Reason}" : info.Reason!,
        info.RecommendedAction + note);
}
