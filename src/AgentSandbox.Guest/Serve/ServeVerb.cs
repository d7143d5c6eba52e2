using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Channels;
using AgentSandbox.Guest.Serve.Init;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.ProcessTree;
using AgentSandbox.Guest.Serve.Spawn;
using AgentSandbox.Guest.Serve.StartUp;

namespace AgentSandbox.Guest.Serve;

/// <summary>
/// <c>serve</c>: confines itself, then serves connections of the listening socket at descriptor 3, or the one that its standard streams are, until it is asked to
/// shut down.
/// One thread, no asynchronous calls: it goes on serving when the sandbox's process limit lets nobody make a thread.
/// </summary>
internal static class ServeVerb
{
    /// <summary>Exit code when the guest refuses to serve: EX_SOFTWARE of sysexits(3).</summary>
    private const int ExitRefused = 70;

    /// <summary>Runs the verb.</summary>
    /// <param name="args">See <see cref="ServeOptions"/>.</param>
    /// <returns>0 after an orderly shutdown, 70 when it did not start to serve.</returns>
    public static int Run(string[] args)
    {
        Server server;
        try
        {
            server = Prepare(args);
        }
        // Everything: a protection that failed in an unforeseen way has failed as well.
        catch (Exception e)
        {
            StandardError.WriteLine(e is StartUpException ? e.Message : e.ToString());
            return ExitRefused;
        }

        return server.Run();
    }

    private static Server Prepare(string[] args)
    {
        ServeOptions options = ServeOptions.Parse(args);
        PrepareDescriptors(options, args);
        Signals.IgnoreIrrelevant();

        // The event loop's descriptor is the next free one: children rely on what they get lying above it.
        var loop = new EventLoop();
        int self = SelfExecutable.Open(options.Self);
        int emptyInput = Descriptors.OpenEmptyInput();
        int signals = Signals.OpenDescriptor();
        ResourceLimit openFiles = OpenFiles.RaiseLimit();
        if (options.Chroot is not null)
        {
            Confinement.EnterRoot(options.Chroot);
        }

        if (self < 0)
        {
            self = SelfExecutable.Open(options.Self);
        }

        // The /proc of the new root, as the commands see it.
        ProcFileSystem? proc = ProcFileSystem.Open();
        Confinement.Apply(options);

        var marker = new TreeMarker();
        if (proc is not null)
        {
            proc.MarkerResource = marker.Resource;
        }

        var starter = new ProcessStarter(marker, options.DropCapabilities, self, emptyInput, openFiles, options.Allow.Contains(SandboxAllowance.NestedUserNamespace));
        var context = new ServerContext(loop, starter, new Reaper(), new TreeSignaller(proc), new LeftoverPipes(loop));
        var server = new Server(context, signals, new OtherProcesses(proc, context.Signaller));
        if (options.Stdio)
        {
            server.ServeStandardStreams(options);
        }
        else
        {
            server.Listen(Descriptors.ListeningSocket, Descriptors.Lifeline);
        }

        server.Limit(options, proc);
        return server;
    }

    /// <summary>Returns in the second start only, with the descriptors of hosts above 2.</summary>
    private static void PrepareDescriptors(ServeOptions options, string[] args)
    {
        if (options.Stdio)
        {
            StandardStreams.Check();
            Descriptors.CloseTheRest(StandardStreams.Input);
            Signals.BlockInAllThreads(options, args);
            StandardStreams.TakeOver();
        }
        else
        {
            Descriptors.CheckListeningSocket();
            Descriptors.CloseTheRest(Descriptors.FirstUnknown);
            Signals.BlockInAllThreads(options, args);
            Descriptors.KeepListeningSocket();
        }
    }
}
