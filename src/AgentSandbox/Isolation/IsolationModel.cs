namespace AgentSandbox.Isolation;

/// <summary>What part of the boundary a probe is about.</summary>
public enum IsolationCategory
{
    /// <summary>Files and mounts.</summary>
    FileSystem,

    /// <summary>Processes.</summary>
    Process,

    /// <summary>Networks and sockets.</summary>
    Network,

    /// <summary>Kernel interfaces and filters.</summary>
    Kernel,

    /// <summary>Identity and capabilities.</summary>
    Privilege,

    /// <summary>Devices.</summary>
    Device,

    /// <summary>Limits.</summary>
    Resource,

    /// <summary>System V and POSIX inter-process communication.</summary>
    Ipc,
}

/// <summary>How bad it is when a probe finds the boundary open.</summary>
public enum IsolationSeverity
{
    /// <summary>Worth knowing.</summary>
    Low,

    /// <summary>Helps an attacker.</summary>
    Medium,

    /// <summary>Harms the host or its secrets.</summary>
    High,

    /// <summary>The host is the attacker's.</summary>
    Critical,
}

/// <summary>What a probe found.</summary>
public enum IsolationVerdict
{
    /// <summary>The boundary holds.</summary>
    Isolated,

    /// <summary>The boundary is open.</summary>
    Exposed,

    /// <summary>It is open because the specification asked for it.</summary>
    Declared,

    /// <summary>The question does not arise here.</summary>
    NotApplicable,

    /// <summary>A control failed, so neither answer can be trusted.</summary>
    Inconclusive,
}

/// <summary>Whose word a verdict is.</summary>
public enum IsolationObserver
{
    /// <summary>The host saw it; the guest can't forge it.</summary>
    Host,

    /// <summary>The guest returned a secret that it could only get through the opening.</summary>
    GuestProof,

    /// <summary>The guest says so. A hostile guest could lie; the probe ran in a fresh sibling, before anything else.</summary>
    GuestReport,
}

/// <summary>Data of a probe.</summary>
/// <param name="Id">Stable id, such as <c>process.host-visible</c>.</param>
/// <param name="Category">The part of the boundary.</param>
/// <param name="Severity">How bad it is when open.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Reference">Where it comes from: man page, CIS, CVE.</param>
/// <param name="Remedy">Which parameter of <c>New-AgentSandbox</c> closes it.</param>
public sealed record IsolationProbeInfo(string Id, IsolationCategory Category, IsolationSeverity Severity, string Question, string Reference, string Remedy);

/// <summary>What one probe found in a fresh sibling of one specification.</summary>
public sealed record IsolationResult
{
    /// <summary>Name of the sandbox whose specification was tested, or of the backend.</summary>
    public required string Subject { get; init; }

    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The probe.</summary>
    public required IsolationProbeInfo Probe { get; init; }

    /// <summary>What it found.</summary>
    public required IsolationVerdict Verdict { get; init; }

    /// <summary>Whose word that is.</summary>
    public required IsolationObserver ObservedBy { get; init; }

    /// <summary>What was seen, in words.</summary>
    public required string Evidence { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Id of the probe.</summary>
    public string Id => Probe.Id;

    /// <summary>Category of the probe.</summary>
    public IsolationCategory Category => Probe.Category;

    /// <summary>Severity of the probe.</summary>
    public IsolationSeverity Severity => Probe.Severity;

    /// <summary>What closes it.</summary>
    public string Remedy => Probe.Remedy;

    /// <summary>Where the probe comes from.</summary>
    public string Reference => Probe.Reference;
}
