using System.Globalization;
using AgentSandbox.Backends;

namespace AgentSandbox.Isolation.Observation;

/// <summary>
/// What this machine sees of a payload: the process itself; or, where the sandbox has a kernel of its own, the processes that are that kernel and
/// through which alone the payload does anything here; or nothing.
/// </summary>
internal sealed class PayloadView
{
    private readonly PayloadProcess? _process;

    private PayloadView(PayloadProcess? process, bool isOwnKernel, string? outOfSight)
    {
        _process = process;
        IsOwnKernel = isOwnKernel;
        OutOfSight = outOfSight;
    }

    /// <summary>Why nothing is seen; null when something is. What is planted on this machine is then not where the sandbox is either.</summary>
    public string? OutOfSight { get; }

    /// <summary>The processes are not the payload but the kernel that answers it.</summary>
    public bool IsOwnKernel { get; }

    /// <summary>Whom the facts are about, in the middle of a sentence.</summary>
    public string Name => IsOwnKernel ? string.Create(CultureInfo.InvariantCulture, $"the sandbox's own kernel (process {_process?.Id} and those that it runs the payload in)") : "the payload";

    /// <summary>The same at the beginning of one.</summary>
    public string Subject => "T" + Name[1..];

    /// <summary>
    /// The process whose root is the sandbox's as this machine has it: the payload's own; or that of gVisor's file server (runsc-gofer), through which
    /// alone the payload's files come. Null when there is none to be seen.
    /// </summary>
    public PayloadProcess? Files => !IsOwnKernel ? _process : _process?.Siblings("runsc-gofer") is [var server] ? server : null;

    /// <summary>Sees a payload.</summary>
    /// <param name="place">Where its backend runs it.</param>
    /// <param name="sandbox">Its sandbox.</param>
    /// <param name="arguments">Its arguments after the program's name, one of them a random token.</param>
    /// <returns>The view.</returns>
    /// <exception cref="ProbeFailedException">The process is not where it must be.</exception>
    public static PayloadView Of(PayloadPlace place, Sandbox sandbox, IReadOnlyList<string> arguments) => place switch
    {
        PayloadPlace.ThisKernel => OfProcess(PayloadProcess.Find(arguments)),

        // A runtime that only has the name of one with a kernel of its own: then the payload is a process here like any other.
        PayloadPlace.OwnKernel => PayloadProcess.FindAll(arguments).Count > 0 ? OfProcess(PayloadProcess.Find(arguments)) : OfKernel(sandbox),
        _ => Elsewhere("The engine is on another machine, so this one sees nothing of the sandbox's processes."),
    };

    /// <summary>A payload on this machine's kernel.</summary>
    /// <param name="process">The payload.</param>
    public static PayloadView OfProcess(PayloadProcess process) => new(process, false, null);

    /// <summary>A payload behind a kernel of its own.</summary>
    /// <param name="process">That kernel's first process.</param>
    public static PayloadView OfKernel(PayloadProcess process) => new(process, true, null);

    /// <summary>A payload that is not on this machine.</summary>
    /// <param name="reason">Why nothing of it is seen, as a sentence.</param>
    public static PayloadView Elsewhere(string reason) => new(null, false, reason);

    /// <summary>Looks at each process.</summary>
    /// <param name="look">The look.</param>
    /// <returns>What was seen of each; the first process's first.</returns>
    /// <exception cref="ProbeFailedException">One can't be looked at.</exception>
    public IReadOnlyList<T> Each<T>(Func<PayloadProcess, T> look)
    {
        PayloadProcess first = _process ?? throw new ProbeFailedException(OutOfSight!);
        if (!IsOwnKernel)
        {
            return [look(first)];
        }

        var seen = new List<T>();
        foreach (PayloadProcess process in first.Tree())
        {
            try
            {
                seen.Add(look(process));
            }
            catch (ProbeFailedException) when (process != first && process.HasEnded)
            {
                // It ran a command that is over.
            }
        }

        return seen;
    }

    /// <summary>Whether any of the processes is in the same namespace as this one.</summary>
    /// <param name="kind">Name in /proc/PID/ns, such as <c>pid</c>.</param>
    /// <returns>True when one is.</returns>
    /// <exception cref="ProbeFailedException">One can't be looked at.</exception>
    public bool SharesNamespace(string kind) => Each(process => process.SharesNamespace(kind)).Any(shared => shared);

    private static PayloadView OfKernel(Sandbox sandbox)
    {
        // The engine names the process; that it names the sandbox in turn shows that both mean the same /proc.
        PayloadProcess? process = sandbox.ProcessId is { } id ? new PayloadProcess(id) : null;
        return process?.Mentions(sandbox.Id) == true
            ? OfKernel(process)
            : throw new ProbeFailedException("The engine names no process on this machine that is the sandbox's kernel.");
    }
}
