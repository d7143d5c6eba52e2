using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Native;

/// <summary>glibc's <c>sigset_t</c>: 1024 bits, of which the kernel knows the first 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SignalSet
{
    private ulong _first64;

    /// <summary>Adds a signal.</summary>
    public void Add(int signal) => _first64 |= 1UL << (signal - 1);

    /// <summary>True when all signals of the other set are in this one.</summary>
    public readonly bool Contains(in SignalSet other) => (_first64 & other._first64) == other._first64;
}

/// <summary><c>struct rlimit</c> on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    public ulong Soft;
    public ulong Hard;
}

/// <summary>
/// Access to arrays of <c>struct epoll_event</c>. Its <c>data</c> follows the 32-bit <c>events</c> at once on x86-64, where the structure is packed, and is aligned elsewhere.
/// </summary>
internal static unsafe class EpollEvent
{
    private static int DataOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes of one event.</summary>
    public static int Size => DataOffset + 8;

    /// <summary>Writes an event.</summary>
    public static void Write(byte* target, uint events, ulong data)
    {
        *(uint*)target = events;
        *(ulong*)(target + DataOffset) = data;
    }

    /// <summary>Reads the event mask.</summary>
    public static uint Events(byte* source) => *(uint*)source;

    /// <summary>Reads what was given at registration.</summary>
    public static ulong Data(byte* source) => *(ulong*)(source + DataOffset);
}
