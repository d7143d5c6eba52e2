using AgentSandbox.Isolation.Probes;
using AgentSandbox.Isolation.Probes.WindowsSandbox;

namespace AgentSandbox.Isolation;

/// <summary>Every probe. Instances are made per run, since some hold a secret of their run.</summary>
internal static class ProbeRegistry
{
    private static readonly Func<IsolationProbe>[] s_probes =
    [
        () => new HostPathProbe(),
        () => new HostWriteProbe(),
        () => new ProcRootProbe(),
        () => new ChrootReentryProbe(),
        () => new MountProbe(),
        () => new ReadOnlyRootProbe(),
        () => new BaseIntactProbe(),
        () => new HostOwnerProbe(),
        () => new PropagationProbe(),
        () => new HostVisibleProbe(),
        () => new SignalHostProbe(),
        () => new TraceHostProbe(),
        () => new HostEnvironmentProbe(),
        () => new HostLoopbackProbe(),
        () => new AbstractUnixProbe(),
        () => new EgressProbe(),
        () => new VsockProbe(),
        () => new PacketProbe(),
        () => new ControlSocketProbe(),
        () => new SharedKernelProbe(),
        () => new SeccompProbe(),
        () => new NestedUserNamespaceProbe(),
        () => new SettingsWriteProbe(),
        () => new PowerProbe(),
        () => new ProcMasksProbe(),
        () => new KernelSymbolsProbe(),
        () => new KernelLogProbe(),
        () => new BpfProbe(),
        () => new KeyringProbe(),
        () => new IoUringProbe(),
        () => new UserFaultProbe(),
        () => new HandleOpenProbe(),
        () => new ModuleProbe(),
        () => new SecurityModuleProbe(),
        () => new CapabilitiesProbe(),
        () => new HostRootProbe(),
        () => new NoNewPrivilegesProbe(),
        () => new ClockProbe(),
        () => new BlockDeviceProbe(),
        () => new SpecialDeviceProbe(),
        () => new MemoryLimitProbe(),
        () => new PidLimitProbe(),
        () => new CpuLimitProbe(),
        () => new DiskLimitProbe(),
        () => new ControlGroupWriteProbe(),
        () => new SharedMemoryProbe(),
        () => new NamespaceProbe(),
        () => new EnvironmentLeakProbe(),
        () => new DescriptorLeakProbe(),
        () => new TerminalProbe(),
        () => new SetUserIdProbe(),
        () => new HostGatewayProbe(),
        () => new WslInteropProbe(),
        () => new WslDriveProbe(),
        () => new WslVsockProbe(),
        () => new WslAutomountProbe(),
        () => new MappedFoldersProbe(),
        () => new HostFileProbe(),
        () => new ClipboardProbe(),
        () => new NetworkProbe(),
        () => new GraphicsProbe(),
        () => new MicrophoneProbe(),
        () => new PrinterProbe(),
        () => new HostProcessProbe(),
        () => new UserProbe(),
    ];

    /// <summary>Data of every probe, in the order in which they run.</summary>
    public static IReadOnlyList<IsolationProbeInfo> Catalogue { get; } = [.. s_probes.Select(make => make().Info)];

    /// <summary>Makes the probes of one run.</summary>
    /// <param name="ids">Their ids; all when null.</param>
    /// <returns>The probes, in the catalogue's order.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProbeNotFound"/>.</exception>
    public static IReadOnlyList<IsolationProbe> Create(IReadOnlyCollection<string>? ids)
    {
        List<IsolationProbe> all = [.. s_probes.Select(make => make())];
        if (ids is null)
        {
            return all;
        }

        string[] unknown = [.. ids.Where(id => !all.Exists(probe => Same(probe.Info.Id, id)))];
        return unknown.Length == 0
            ? all.FindAll(probe => ids.Any(id => Same(probe.Info.Id, id)))
            : throw new SandboxException(
                SandboxErrorId.ProbeNotFound,
                $"No isolation probe has the id '{string.Join("', '", unknown)}'.",
                $"The ids are: {string.Join(", ", all.Select(probe => probe.Info.Id))}.",
                unknown[0]);
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
