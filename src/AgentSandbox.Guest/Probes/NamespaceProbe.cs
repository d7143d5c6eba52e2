namespace AgentSandbox.Guest.Probes;

/// <summary>Whether a payload can make a user namespace, in which it has all capabilities and with them most of the kernel's code before it.</summary>
internal static unsafe class NamespaceProbe
{
    private const int SigChild = 17;
    private const nint NewUser = 0x1000_0000;

    /// <summary>No arguments. clone and unshare are tried, in children that do nothing else.</summary>
    public static ProbeReport NestedUser(string[] args)
    {
        KernelResult plain = Kernel.Child(SigChild);
        bool control = plain.Ok && Kernel.Wait(plain.Value) == 0 && args.Length == 0;

        KernelResult cloned = Kernel.Child(SigChild | NewUser);
        if (cloned.Ok)
        {
            Kernel.Wait(cloned.Value);
            return new ProbeReport(ProbeReport.Open, 0, control, "clone(CLONE_NEWUSER)");
        }

        KernelResult child = Kernel.Child(SigChild, "unshare", NewUser);
        int unshared = child.Ok ? Kernel.Wait(child.Value) : child.Errno;
        if (child.Ok && unshared == 0)
        {
            return new ProbeReport(ProbeReport.Open, 0, control, "unshare(CLONE_NEWUSER)");
        }

        return new ProbeReport(ProbeReport.Closed, unshared, control, $"clone and unshare(CLONE_NEWUSER) fail with errno {cloned.Errno} and {unshared}");
    }
}
