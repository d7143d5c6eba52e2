using System.Text;
using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Seccomp;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>Puts the protections in place that the launcher asked for, before the first connection. Whatever fails ends the guest.</summary>
internal static unsafe class Confinement
{
    /// <summary>Enters the new root. What is needed from the old one must be open by now.</summary>
    public static void EnterRoot(string directory)
    {
        byte[] path = Encoding.UTF8.GetBytes(directory + "\0");
        fixed (byte* p = path)
        {
            Check(Libc.Chroot(p), $"chroot to '{directory}'");
        }

        fixed (byte* slash = "/\0"u8)
        {
            Check(Libc.Chdir(slash), "chdir to the new root");
        }
    }

    /// <summary>Gives up what the options say, in the order in which each step still has the right to.</summary>
    /// <exception cref="StartUpException">A step failed.</exception>
    public static void Apply(ServeOptions options)
    {
        _ = Libc.Umask(0x12); // 022: files of commands belong to their user, whatever the launcher's mask was.
        if (Libc.GetPid() != 1)
        {
            // Orphans of commands come back to the guest, which reaps them, instead of to the host's init. gVisor has no such thing: there,
            // in a container, they go to its first process, and the marks of their commands still tell whose they are.
            int result = Libc.Prctl(Os.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
            if (!options.Stdio || Libc.Errno != Errno.EINVAL)
            {
                Check(result, "prctl(PR_SET_CHILD_SUBREAPER)");
            }
        }

        if (options.RunAs is (uint user, uint group))
        {
            if (options.DropCapabilities)
            {
                DropBoundingSet(); // Later there is no right to: CAP_SETPCAP goes with uid 0.
            }

            Check(Libc.SetGroups(0, null), "setgroups");
            Check(Libc.SetResGid(group, group, group), "setresgid");
            Check(Libc.SetResUid(user, user, user), "setresuid");
        }

        if (options.Allow.Contains(SandboxAllowance.Keyring))
        {
            // Whoever started this sandbox had a session keyring, and what inherits it possesses its keys. Commands get an empty one: keyctl(2).
            const nint JoinSessionKeyring = 1;
            Check(Libc.Syscall(Os.SYS_keyctl, JoinSessionKeyring, 0, 0, 0, 0) < 0 ? -1 : 0, "keyctl(KEYCTL_JOIN_SESSION_KEYRING)");
        }

        // Commands of the guest's own user must not trace it nor read its memory, which holds other commands' streams.
        Check(Libc.Prctl(Os.PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)");
        if (options.NoNewPrivileges)
        {
            Check(Libc.Prctl(Os.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)");
        }

        if (options.Seccomp)
        {
            SeccompFilter.Install(options.DenySetId, options.Allow);
        }
    }

    private static void DropBoundingSet()
    {
        for (nuint capability = 0; Libc.Prctl(Os.PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        {
            Check(Libc.Prctl(Os.PR_CAPBSET_DROP, capability, 0, 0, 0), "prctl(PR_CAPBSET_DROP)");
        }
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new StartUpException(call, Libc.Errno);
        }
    }
}
