namespace AgentSandbox.Backends;

/// <summary>One way to turn a specification into a running place. Adding one touches its folder and <c>BackendRegistry</c>.</summary>
internal interface ISandboxBackend
{
    /// <summary>Its name, as the user writes it.</summary>
    string Name { get; }

    /// <summary>How paths inside its sandboxes are written.</summary>
    SandboxPathStyle PathStyle => SandboxPathStyle.Linux;

    /// <summary>The sources of its sandboxes' mounts are paths of this machine. Where not all of them are, <see cref="Validate"/> looks at them.</summary>
    bool MountSourcesAreHere => true;

    /// <summary>Says whether and how it works on this machine. Changes nothing.</summary>
    /// <returns>The facts.</returns>
    BackendInfo Describe();

    /// <summary>Fills in this backend's defaults.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <returns>The same with no value left open that the backend decides.</returns>
    SandboxSpecification ApplyDefaults(SandboxSpecification specification);

    /// <summary>Names what this backend can't enforce, before anything starts.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The problems; none when it can.</returns>
    IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification);

    /// <summary>What a user of this specification should be told, such as that chroot is no boundary.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The warnings.</returns>
    IReadOnlyList<string> Warnings(SandboxSpecification specification);

    /// <summary>Where commands run; asked when isolation is measured.</summary>
    PayloadPlace PayloadPlace => PayloadPlace.ThisKernel;
}
