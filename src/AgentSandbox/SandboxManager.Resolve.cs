using AgentSandbox.Backends;
using AgentSandbox.Backends.Linux.Native;

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
        var problems = new List<SpecificationProblem>(SpecificationValidator.Validate(specification));
        ISandboxBackend? backend = ChooseBackend(specification.Backend, problems);
        SandboxSpecification resolved = backend?.ApplyDefaults(specification) ?? specification;
        if (backend is not null)
        {
            problems.AddRange(backend.Validate(resolved));
        }

        if (!string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                resolved = resolved with { Image = Images.Get(specification.Image).Name };
            }
            catch (SandboxException e)
            {
                problems.Add(new SpecificationProblem(e.ErrorId, "Image", e.Message, e.RecommendedAction));
            }
        }

        SpecificationValidator.Throw(problems, specification.Name);
        return resolved;
    }

    private ISandboxBackend? ChooseBackend(string name, List<SpecificationProblem> problems)
    {
        bool auto = string.Equals(name, SandboxSpecification.AutoBackend, StringComparison.OrdinalIgnoreCase);
        if (!auto && !_backends.Any(b => string.Equals(b.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            problems.Add(new SpecificationProblem(SandboxErrorId.UnknownBackend, "Backend", $"There is no backend '{name}'.", $"Use {string.Join(", ", _backends.Select(b => b.Name))} or Auto."));
            return null;
        }

        if (OperatingSystem.IsLinux() && Libc.GetEUid() != 0)
        {
            problems.Add(RootRequired());
            return null;
        }

        // Auto never falls back to what is no boundary: who wants that says so.
        BackendInfo choice = GetBackends().First(b => auto ? b.Available && b.SecurityBoundary || b.Strength == GetBackends().Max(x => x.Strength) : string.Equals(b.Name, name, StringComparison.OrdinalIgnoreCase));
        if (!choice.Available)
        {
            problems.Add(new SpecificationProblem(
                SandboxErrorId.BackendNotAvailable,
                "Backend",
                $"The backend {choice.Name} can't be used here: {choice.Reason}",
                choice.RecommendedAction + (auto ? " (Auto does not fall back to a backend that is no security boundary; name one with -Backend if you want it.)" : "")));
            return null;
        }

        return _backends.Single(b => b.Name == choice.Name);
    }

    private static SpecificationProblem RootRequired() =>
        new(SandboxErrorId.RootRequired, "Backend", "Sandboxes on Linux need root: they are made of namespaces, mounts and control groups.", "Run PowerShell as root (sudo pwsh), or sudo agentsandbox.");

    private void ThrowIfNotRoot()
    {
        if (OperatingSystem.IsLinux() && Libc.GetEUid() != 0 && Directory.Exists(Home.Data))
        {
            SpecificationProblem problem = RootRequired();
            throw new SandboxException(problem.ErrorId, problem.Message, problem.RecommendedAction);
        }
    }
}
