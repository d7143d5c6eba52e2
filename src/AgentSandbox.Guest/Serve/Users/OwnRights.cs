using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Users;

/// <summary>What this process may do, as capabilities(7) has it.</summary>
internal static unsafe class OwnRights
{
    private const uint SetGroupAndUser = (1u << 6) | (1u << 7); // CAP_SETGID, CAP_SETUID

    /// <summary>
    /// Commands can run as any user. Not so for an ordinary user, nor for root in a container that was left no capabilities: commands then run
    /// as the guest's own user, whose groups the engine has set.
    /// </summary>
    public static bool MayChangeUser()
    {
        if (Libc.GetEffectiveUserId() != 0)
        {
            return false;
        }

        return Effective() is not { } effective || (effective & SetGroupAndUser) == SetGroupAndUser;
    }

    /// <summary>Tells whether this process has a capability in force.</summary>
    /// <param name="capability">Its number, below 32.</param>
    /// <returns>False also when the kernel does not tell.</returns>
    public static bool Has(int capability) => Effective() is { } effective && (effective & (1u << capability)) != 0;

    /// <summary>The lower 32 bits of the effective set, or null.</summary>
    private static uint? Effective()
    {
        uint* header = stackalloc uint[2] { Os.CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6]; // Effective, permitted, inheritable; then the same of the upper 32.
        return Libc.Syscall(Os.SYS_capget, (nint)header, (nint)sets, 0, 0, 0) != 0 ? null : sets[0];
    }
}
