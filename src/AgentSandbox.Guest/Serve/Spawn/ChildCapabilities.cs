using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>
/// Leaves a command without capabilities, capabilities(7). Runs between fork(2) and execve(2), see <see cref="Child"/>. What may not be dropped
/// is no failure when nothing of it can ever come to be in force.
/// </summary>
internal static unsafe class ChildCapabilities
{
    /// <summary>Drops the bounding set, or as much of it as there is a right to: CAP_SETPCAP is what an engine's containers do not have.</summary>
    /// <param name="kept">The one that stays, as a bit; 0 for none.</param>
    /// <returns>False with errno when something is left of it that a program with a set-user-id bit, or root's next execve, could obtain.</returns>
    public static bool DropBoundingSet(uint kept)
    {
        for (nuint capability = 0; ; capability++)
        {
            int present = Libc.Prctl(Os.PR_CAPBSET_READ, capability, 0, 0, 0);
            if (present < 0)
            {
                return true; // EINVAL: past the last capability that this kernel knows.
            }

            if (capability < 32 && kept == 1u << (int)capability)
            {
                continue;
            }

            if (present == 1 && Libc.Prctl(Os.PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            {
                // With no_new_privs execve(2) adds nothing to what is permitted before it, which DropSets makes nothing.
                int errno = Libc.Errno;
                bool canGain = Libc.Prctl(Os.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
                Libc.Errno = errno;
                return !canGain;
            }
        }
    }

    /// <summary>Empties the ambient, effective, permitted and inheritable sets, and looks whether they are.</summary>
    /// <param name="kept">What stays effective and permitted, as a bit; 0 for nothing.</param>
    /// <returns>False with errno when anything else is left.</returns>
    public static bool DropSets(uint kept)
    {
        if (Libc.Prctl(Os.PR_CAP_AMBIENT, Os.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && Libc.Errno != Errno.EINVAL)
        {
            return false; // EINVAL: a kernel without ambient capabilities, such as gVisor's.
        }

        uint* header = stackalloc uint[2] { Os.CapabilityVersion3, 0 };
        uint* sets = stackalloc uint[6] { kept, kept, 0, 0, 0, 0 }; // Effective, permitted and inheritable of the lower 32, then of the upper.
        if (Libc.Syscall(Os.SYS_capset, (nint)header, (nint)sets, 0, 0, 0) != 0
            || Libc.Syscall(Os.SYS_capget, (nint)header, (nint)sets, 0, 0, 0) != 0)
        {
            return false;
        }

        for (int i = 0; i < 6; i++)
        {
            if (sets[i] != (i < 2 ? kept : 0))
            {
                Libc.Errno = Errno.EPERM;
                return false;
            }
        }

        return true;
    }
}
