namespace AgentSandbox.Guest.Probes;

/// <summary>
/// <c>probe ID [ARGUMENT…]</c>: the half of an isolation probe that runs in the sandbox, with the user, capabilities and filter of any command.
/// It needs nothing of the image: no shell, no library, not even /proc. It touches only canaries that its arguments name and files that it makes itself.
/// </summary>
internal static class ProbeVerb
{
    public static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("usage: agentsandbox-guest probe ID [ARGUMENT...]");
            return 2;
        }

        string[] rest = args[1..];
        try
        {
            Find(args[0])(rest).Print();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or ArgumentException)
        {
            // Whatever kept the probe from an answer is the answer: the host then says "inconclusive" and shows this.
            new ProbeReport(ProbeReport.Error, 0, false, $"{error.GetType().Name}: {error.Message}").Print();
        }

        // The hold ends when the host closes standard input, or dies.
        if (args[0] == "hold")
        {
            using Stream input = Console.OpenStandardInput();
            input.CopyTo(Stream.Null);
        }

        return 0;
    }

    private static Func<string[], ProbeReport> Find(string id) => id switch
    {
        "hold" => static _ => new ProbeReport(ProbeReport.Closed, 0, true, "A process for the host to look at."),
        "process.host-visible" => ProcessProbes.HostVisible,
        "process.signal-host" => ProcessProbes.SignalHost,
        "process.ptrace-host" => ProcessProbes.TraceHost,
        "fs.host-path" => FileSystemProbes.HostPath,
        "fs.host-write" => FileSystemProbes.HostWrite,
        "fs.proc-root" => FileSystemProbes.ProcRoot,
        "fs.rootfs-readonly" => FileSystemProbes.Programs,
        "fs.base-intact" or "fs.host-owner" => FileMarkProbe.Run,
        "fs.chroot-reentry" => ChrootProbe.Reenter,
        "net.host-loopback" => NetworkProbes.HostLoopback,
        "net.abstract-unix" => NetworkProbes.AbstractUnix,
        "net.egress" => NetworkProbes.Egress,
        "net.vsock" => NetworkProbes.Vsock,
        "kernel.nested-userns" => NamespaceProbe.NestedUser,
        "device.block" => DeviceProbe.Block,
        "fs.mount" or "wsl.drvfs" => MountProbe.Mount,
        "process.environ-host" => ProcessProbes.HostEnvironment,
        "ipc.sysv" => SharedMemoryProbe.Read,
        "net.raw" => NetworkProbes.Packets,
        "net.control-sockets" => NetworkProbes.Control,
        "kernel.sysctl-write" or "kernel.sysfs-write" => KernelFileProbes.Writable,
        "kernel.proc-masks" => KernelFileProbes.HaveData,
        "kernel.kallsyms" => KernelFileProbes.Symbols,
        "kernel.dmesg" => KernelProbes.Log,
        "kernel.bpf" => KernelProbes.Bpf,
        "kernel.keyring" => KernelProbes.Keyring,
        "kernel.io-uring" => KernelProbes.IoUring,
        "kernel.userfaultfd" => KernelProbes.UserFault,
        "kernel.handle-open" => KernelProbes.HandleOpen,
        "kernel.module" => KernelProbes.Module,
        "priv.clock" => KernelProbes.Clock,
        "device.special" => KernelFileProbes.Devices,
        "res.cgroup-write" => KernelFileProbes.ControlGroups,
        "process.env-leak" => InheritanceProbes.Variable,
        "process.fd-leak" => InheritanceProbes.Descriptors,
        "priv.setuid-files" => SetUserIdProbe.Find,
        "net.host-gateway" => GatewayProbe.Reach,
        "wsl.interop" => Wsl.InteropProbe.Reach,
        "wsl.vsock" => Wsl.FileServerProbe.Reach,
        _ => throw new ArgumentException($"There is no probe '{id}'."),
    };
}
