using AgentSandbox.Guest.Seccomp;

namespace AgentSandbox.Tests.Seccomp;

/// <summary>What the kernel hands to a filter.</summary>
public sealed record SeccompData(uint Number, uint Architecture, ulong[] Arguments)
{
    public uint WordAt(uint offset)
    {
        Assert.Equal(0u, offset % 4);
        Assert.InRange(offset, 0u, 60u);
        return offset switch
        {
            0 => Number,
            4 => Architecture,
            8 or 12 => 0,
            _ => (uint)(Arguments[(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32)),
        };
    }
}

/// <summary>Runs a classic BPF program as the kernel would, written from the instruction set's description and not from the compiler.</summary>
internal static class BpfInterpreter
{
    public static uint Run(BpfInstruction[] program, SeccompData data)
    {
        uint accumulator = 0;
        for (int at = 0; ; at++)
        {
            BpfInstruction instruction = program[at];
            switch (instruction.Code)
            {
                case 0x20: // BPF_LD | BPF_W | BPF_ABS
                    accumulator = data.WordAt(instruction.Constant);
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    accumulator &= instruction.Constant;
                    break;
                case 0x05: // BPF_JMP | BPF_JA
                    at += (int)instruction.Constant;
                    break;
                case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
                    at += accumulator == instruction.Constant ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x35: // BPF_JMP | BPF_JGE | BPF_K
                    at += accumulator >= instruction.Constant ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return instruction.Constant;
                default:
                    throw new InvalidOperationException($"Unknown instruction {instruction.Code:x}.");
            }
        }
    }
}
