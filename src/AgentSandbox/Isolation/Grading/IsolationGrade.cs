namespace AgentSandbox.Isolation;

/// <summary>
/// What a set of verdicts comes to. The worst opening decides, never a mean: ninety boundaries that hold don't make up for one that an attacker walks through.
/// The order is that of the gate: a higher value is better, and <see cref="NotGraded"/> is below all.
/// </summary>
public enum IsolationGrade
{
    /// <summary>Too little could be measured for any of the others. Passes no gate.</summary>
    NotGraded = 0,

    /// <summary>A critical opening: the host is the attacker's.</summary>
    F = 1,

    /// <summary>An opening of high severity.</summary>
    D = 2,

    /// <summary>An opening of medium severity, other than that the kernel is shared.</summary>
    C = 3,

    /// <summary>Nothing above low severity is open, but the kernel is the host's, or was not shown not to be.</summary>
    B = 4,

    /// <summary>Nothing above low severity is open, and the kernel is the sandbox's own.</summary>
    A = 5,
}
