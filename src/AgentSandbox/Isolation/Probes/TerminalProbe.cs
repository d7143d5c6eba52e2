using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// Whether a payload shares a terminal with the host: it could read what is typed there, and type commands itself (TIOCSTI). A terminal belongs to a session,
/// so what decides is whose session a payload is in.
/// </summary>
internal sealed class TerminalProbe : HostProbe
{
    private const string TypingAllowed = "/proc/sys/dev/tty/legacy_tiocsti";

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.tty",
        IsolationCategory.Process,
        IsolationSeverity.Medium,
        "Does a payload share a terminal with the host?",
        "CVE-2017-5226, credentials(7), TIOCSTI(2const)",
        "The default of every -Backend: a command starts in a session of its own.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        (PayloadSession Session, bool IsHosts)[] seen =
        [
            .. context.Payload.Each(process =>
            {
                var session = PayloadSession.Of(process);
                return (session, session.IsHosts(process));
            }),
        ];
        (PayloadSession Session, bool IsHosts) shared = seen.FirstOrDefault(one => one.IsHosts && one.Session.Terminal != 0);
        if (shared.IsHosts)
        {
            return IsolationFinding.Host(true, $"{context.Payload.Subject} has the terminal {shared.Session.TerminalName} of the host's session {Number(shared.Session.Leader)}. {Typing()}");
        }

        // A kernel of its own never opens a terminal of its session for a payload; a program does, as soon as there is one.
        shared = context.Payload.IsOwnKernel ? default : seen.FirstOrDefault(one => one.IsHosts);
        return shared.IsHosts
            ? IsolationFinding.Inconclusive($"{context.Payload.Subject} is in the host's session {Number(shared.Session.Leader)}, which has no terminal now: the control failed. Test from a terminal.")
            : IsolationFinding.Host(false, context.Payload.IsOwnKernel ? $"{context.Payload.Subject} has no terminal of the host's." : $"{context.Payload.Subject} is in no session of the host's, and a terminal belongs to one session only.");
    }

    private static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);

    private static string Typing() => File.Exists(TypingAllowed) && File.ReadAllText(TypingAllowed).Trim() == "0"
        ? "This kernel lets nobody type into it (dev.tty.legacy_tiocsti is 0); it can be read and written."
        : "This kernel lets whoever has a terminal type into it, unless a filter refuses TIOCSTI.";
}
