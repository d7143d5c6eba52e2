using System.ComponentModel;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>
/// <c>probe ID [ARGUMENT…]</c>: the half of an isolation probe that runs in the sandbox, with the rights of any command. A probe touches only
/// canaries that its arguments name and files that it makes itself.
/// </summary>
internal static class ProbeVerb
{
    /// <summary>The probes by their ids; a new one is a class and a line here.</summary>
    private static readonly Dictionary<string, Func<string[], ProbeReport>> s_probes = new(StringComparer.Ordinal)
    {
        ["hold"] = static _ => new ProbeReport(ProbeReport.Closed, true, "A process for the host to look at."),
        ["wsb.mapped-folders"] = MappedFolderProbe.Write,
        ["wsb.host-path"] = HostFileProbe.Read,
        ["wsb.clipboard"] = ClipboardProbe.Count,
        ["wsb.network"] = NetworkProbe.Look,
        ["wsb.vgpu"] = GraphicsProbe.Look,
        ["wsb.audio-input"] = MicrophoneProbe.Count,
        ["wsb.printers"] = PrinterProbe.List,
        ["wsb.processes"] = HostProcessProbe.Find,
        ["wsb.users"] = UserProbe.Know,
    };

    /// <summary>Runs the verb.</summary>
    /// <param name="args">The id, and the probe's arguments.</param>
    /// <returns>0 when there is a report.</returns>
    public static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("usage: agentsandbox-guest probe ID [ARGUMENT...]");
            return 2;
        }

        Report(args).Print();

        // The hold ends when the host closes standard input, or dies.
        if (args[0] == "hold")
        {
            using Stream input = Console.OpenStandardInput();
            input.CopyTo(Stream.Null);
        }

        return 0;
    }

    private static ProbeReport Report(string[] args)
    {
        try
        {
            return s_probes.TryGetValue(args[0], out Func<string[], ProbeReport>? probe)
                ? probe(args.AsSpan(1).ToArray())
                : throw new ArgumentException($"There is no probe '{args[0]}'.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or ArgumentException or Win32Exception or InvalidOperationException)
        {
            // Whatever kept the probe from an answer is the answer: the host then says "inconclusive" and shows this.
            return new ProbeReport(ProbeReport.Error, false, $"{error.GetType().Name}: {error.Message}");
        }
    }
}
