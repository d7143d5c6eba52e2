using System.Runtime.InteropServices;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Loop;

/// <summary>
/// Buffers that the one thread uses for a moment and never across two events. Outside the managed heap: they don't move, and pages that were
/// never touched cost nothing.
/// </summary>
internal static unsafe class Scratch
{
    /// <summary>Bytes of <see cref="Receive"/>: two DATA frames.</summary>
    public const int ReceiveSize = 2 * (ProtocolLimits.HeaderSize + ProtocolLimits.MaxData);

    /// <summary>For what arrives on a connection.</summary>
    public static readonly byte* Receive = (byte*)NativeMemory.Alloc(ReceiveSize);

    /// <summary>For one DATA frame of a command's output, header included.</summary>
    public static readonly byte* Frame = (byte*)NativeMemory.Alloc(ProtocolLimits.HeaderSize + ProtocolLimits.MaxData);
}
