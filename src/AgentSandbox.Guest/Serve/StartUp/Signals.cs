using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>
/// The signals that the event loop reads from a signalfd(2). They must be blocked in every thread of the process, or the kernel hands them to
/// the thread that does not block them, where their default action ends the guest. The runtime makes its finalizer thread before Main, with
/// the mask that the process was started with; so the guest blocks them and starts itself anew once.
/// </summary>
internal static unsafe class Signals
{
    private const string StageVariable = "AGENTSANDBOX_GUEST_STAGE";

    /// <summary>SIGCHLD and the two that ask for a shutdown.</summary>
    public static SignalSet Handled()
    {
        var set = default(SignalSet);
        set.Add(Os.SIGCHLD);
        set.Add(Os.SIGTERM);
        set.Add(Os.SIGRTMIN_PLUS_3);
        return set;
    }

    /// <summary>Blocks them for good. Returns only in the second start.</summary>
    /// <param name="options">Parsed.</param>
    /// <param name="args">Arguments after <c>serve</c>.</param>
    /// <exception cref="StartUpException">They can't be blocked.</exception>
    public static void BlockInAllThreads(ServeOptions options, string[] args)
    {
        SignalSet handled = Handled();
        SignalSet before;
        _ = Libc.SigProcMask(Os.SIG_BLOCK, &handled, &before);
        bool second = Environment.GetEnvironmentVariable(StageVariable) == "2";
        if (second)
        {
            if (!before.Contains(handled))
            {
                throw new StartUpException("The signal mask was lost on the way to the second start.");
            }

            return;
        }

        int self = SelfExecutable.Open(options.Self);
        if (self < 0)
        {
            throw new StartUpException("The guest's own executable can't be opened; give its path with --self.");
        }

        // The collector's settings, in hexadecimal, hold for the server only; tar and the probes run with the defaults.
        string[] environment =
        [
            StageVariable + "=2",
            "DOTNET_GCgen0size=40000",
            "DOTNET_GCgen0MaxBudget=40000",
            "DOTNET_GCHeapHardLimit=8000000",
            "DOTNET_GCConserveMemory=9",
            .. options.Stdio ? (ReadOnlySpan<string>)[] : ["LISTEN_FDS=" + (Descriptors.Lifeline < 0 ? "1" : "2")],
        ];
        int errno = SelfExecutable.Restart(self, ["agentsandbox-guest", "serve", .. args], environment);
        throw new StartUpException("execveat of the guest itself", errno);
    }

    /// <summary>Ignores what a terminal or a closed connection would send.</summary>
    public static void IgnoreIrrelevant()
    {
        foreach (int signal in (ReadOnlySpan<int>)[Os.SIGPIPE, Os.SIGHUP, Os.SIGINT])
        {
            _ = Libc.Signal(signal, Os.SIG_IGN);
        }
    }

    /// <summary>Opens the signalfd(2).</summary>
    public static int OpenDescriptor()
    {
        SignalSet handled = Handled();
        int fd = Libc.SignalFd(-1, &handled, Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC);
        return fd >= 0 ? fd : throw new StartUpException("signalfd", Libc.Errno);
    }
}
