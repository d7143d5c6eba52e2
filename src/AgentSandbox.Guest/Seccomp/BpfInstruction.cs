using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Seccomp;

/// <summary>One instruction of classic BPF, <c>struct sock_filter</c>. Only the few that the filter needs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Constant)
{
    /// <summary>Loads the 32-bit word at an offset of <c>struct seccomp_data</c>.</summary>
    public const ushort LoadCode = 0x20;

    /// <summary>Masks the loaded word.</summary>
    public const ushort AndCode = 0x54;

    /// <summary>Jumps always.</summary>
    public const ushort JumpCode = 0x05;

    /// <summary>Jumps on equality.</summary>
    public const ushort JumpEqualCode = 0x15;

    /// <summary>Jumps when the loaded word is at least the constant, unsigned.</summary>
    public const ushort JumpAtLeastCode = 0x35;

    /// <summary>Ends with a verdict.</summary>
    public const ushort ReturnCode = 0x06;

    public static BpfInstruction Load(uint offset) => new(LoadCode, 0, 0, offset);

    public static BpfInstruction And(uint mask) => new(AndCode, 0, 0, mask);

    public static BpfInstruction Jump(int distance) => new(JumpCode, 0, 0, (uint)distance);

    public static BpfInstruction JumpEqual(uint value, int ifTrue, int ifFalse) => new(JumpEqualCode, checked((byte)ifTrue), checked((byte)ifFalse), value);

    public static BpfInstruction JumpAtLeast(uint value, int ifTrue, int ifFalse) => new(JumpAtLeastCode, checked((byte)ifTrue), checked((byte)ifFalse), value);

    public static BpfInstruction Return(uint verdict) => new(ReturnCode, 0, 0, verdict);
}
