namespace AgentSandbox.Seccomp;

/// <summary>
/// A test of the low 32 bits of one argument: <c>(argument &amp; Mask) == Value</c>, or its opposite.
/// Only the low word is looked at, on purpose. Every argument that the policy tests is an <c>int</c>, <c>unsigned int</c> or <c>umode_t</c> to
/// the kernel, or (clone's and unshare's flags) an <c>unsigned long</c> of which the kernel takes the low word or refuses the high one. A filter that also
/// compared the high word could be passed by setting a bit there that the kernel drops again.
/// </summary>
/// <param name="Argument">Index of the argument, 0 to 5.</param>
/// <param name="Mask">The bits that count.</param>
/// <param name="Value">What they are compared with.</param>
/// <param name="Differs">The test passes when they differ.</param>
internal readonly record struct ArgumentTest(int Argument, uint Mask, uint Value, bool Differs = false)
{
    /// <summary>Passes when the argument is exactly the value.</summary>
    public static ArgumentTest Equals(int argument, uint value) => new(argument, uint.MaxValue, value);

    /// <summary>Passes when at least one of the bits is set.</summary>
    public static ArgumentTest AnyBit(int argument, uint bits) => new(argument, bits, 0, Differs: true);
}

/// <summary>If all tests pass, the verdict is this.</summary>
internal sealed record SyscallClause(uint Verdict, params ArgumentTest[] Tests);

/// <summary>The verdict on one system call: that of the first clause whose tests pass, else <paramref name="Otherwise"/>.</summary>
internal sealed record SyscallRule(uint Otherwise, params SyscallClause[] Clauses)
{
    /// <summary>Runs whatever its arguments are.</summary>
    public static SyscallRule Allow { get; } = new(SeccompVerdict.Allow);

    /// <summary>Fails with EPERM whatever its arguments are.</summary>
    public static SyscallRule Forbid { get; } = new(SeccompVerdict.Forbidden);

    /// <summary>Fails with ENOSYS whatever its arguments are.</summary>
    public static SyscallRule Miss { get; } = new(SeccompVerdict.Missing);
}
