using System.Buffers;

namespace AgentSandbox.Terminals;

/// <summary>
/// What a sandbox writes on the user's terminal, without what would reach beyond the screen. An interactive program needs the terminal's control functions,
/// so they pass; left out are those that touch the user's clipboard, files, printer or keys, that send text of the sandbox's own back as if typed, or read
/// what else is on the screen (<see cref="ControlRules"/>). Commands that a terminal obeys but that are not known here are left out too. It also remembers
/// what was changed for good, so that <see cref="Restore"/> can undo it when the program was ended in the middle. Bytes may come in any slices.
/// Escape sequences as ECMA-48 and xterm's ctlseqs have them, in a terminal that reads UTF-8.
/// This file takes bytes; <c>TerminalFilter.Sequences.cs</c> takes sequences.
/// </summary>
internal sealed partial class TerminalFilter
{
    /// <summary>Longest beginning of a sequence that is looked at; a longer one is left out.</summary>
    private const int MaxHeader = 256;

    private const byte Escape = 0x1B;
    private const byte Bell = 0x07;
    private const byte Cancel = 0x18;
    private const byte Substitute = 0x1A;
    private const byte Enquiry = 0x05;

    /// <summary>Printable ASCII and BS, TAB, LF, CR: nine tenths of all output, taken in one go.</summary>
    private static readonly SearchValues<byte> s_plain = SearchValues.Create([8, 9, 10, 13, .. Enumerable.Range(0x20, 0x5F).Select(n => (byte)n)]);

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly byte[] _header = new byte[MaxHeader];
    private readonly TerminalChanges _changes = new();
    private int _headerLength;
    private State _state;
    private byte _introducer;
    private bool _passes;
    private bool _afterC2;
    private int _continuations;

    private enum State
    {
        Ground,

        /// <summary>After ESC, and intermediate bytes.</summary>
        Escaped,

        /// <summary>Parameters of CSI, or of DCS.</summary>
        Parameters,

        /// <summary>The number of an OSC.</summary>
        Number,

        /// <summary>The body of a string, up to ST.</summary>
        Text,

        /// <summary>After ESC in a body: ST, or the next sequence.</summary>
        TextEscaped,
    }

    /// <summary>How often the terminal was asked for its primary device attributes.</summary>
    public int Questions => _changes.Questions;

    /// <summary>Filters what was received.</summary>
    /// <param name="input">The bytes.</param>
    /// <returns>What may be shown; valid until the next call.</returns>
    public ReadOnlySpan<byte> Filter(ReadOnlySpan<byte> input)
    {
        _output.ResetWrittenCount();
        while (!input.IsEmpty)
        {
            if (_state == State.Ground && !_afterC2)
            {
                int plain = input.IndexOfAnyExcept(s_plain);
                plain = plain < 0 ? input.Length : plain;
                if (plain > 0)
                {
                    _output.Write(input[..plain]);
                    _continuations = 0;
                    input = input[plain..];
                    continue;
                }
            }

            Take(input[0]);
            input = input[1..];
        }

        return _output.WrittenSpan;
    }

    /// <summary>What puts the terminal back in order: ends an open sequence, leaves the alternate screen, and takes back the modes that were changed.</summary>
    /// <returns>The bytes to write; valid until the next call.</returns>
    public ReadOnlySpan<byte> Restore()
    {
        _output.ResetWrittenCount();
        if (_state is State.Text or State.TextEscaped && _passes)
        {
            _output.Write("\x1b\\"u8);
        }

        _state = State.Ground;
        _afterC2 = false;
        _changes.WriteRestore(_output);
        return _output.WrittenSpan;
    }

    private void Take(byte b)
    {
        // C1 controls come as one byte, or as U+0080 to U+009F in UTF-8; both are turned into ESC and a letter.
        if (_afterC2)
        {
            _afterC2 = false;
            if (b is >= 0x80 and <= 0x9F)
            {
                TakeC1(b);
                return;
            }

            Put(0xC2);
            _continuations = 1;
        }

        if (b >= 0x80)
        {
            TakeHigh(b);
            return;
        }

        _continuations = 0;
        TakeLow(b);
    }

    private void TakeHigh(byte b)
    {
        if (b is >= 0x80 and <= 0xBF && _continuations > 0)
        {
            _continuations--;
            Put(b);
            return;
        }

        _continuations = b switch { >= 0xF0 => 3, >= 0xE0 => 2, >= 0xC3 => 1, _ => 0 };
        if (b == 0xC2)
        {
            _afterC2 = true;
        }
        else if (b is >= 0x80 and <= 0x9F)
        {
            TakeC1(b);
        }
        else
        {
            Put(b);
        }
    }

    private void TakeC1(byte b)
    {
        if (_state == State.Text && b == 0x9C)
        {
            EndText("\x1b\\"u8);
            return;
        }

        TakeLow(Escape);
        TakeLow((byte)(b - 0x40));
    }

    private void TakeLow(byte b)
    {
        switch (_state)
        {
            case State.Text or State.TextEscaped:
                TakeText(b);
                break;
            case State.Ground:
                TakeGround(b);
                break;
            default:
                TakeHeader(b);
                break;
        }
    }

    private void TakeGround(byte b)
    {
        if (b == Escape)
        {
            Begin();
        }
        else if (b != Enquiry)
        {
            _changes.OnControl(b);
            Emit(b);
        }
    }

    /// <summary>A byte of text, or of a string's body.</summary>
    private void Put(byte b)
    {
        switch (_state)
        {
            case State.Ground:
                Emit(b);
                break;
            case State.Text when _passes:
                Emit(b);
                break;
            case State.TextEscaped:
                Interrupt();
                Put(b);
                break;
            case State.Text:
                break;
            default:
                // No byte of a sequence: terminals give it up.
                _state = State.Ground;
                Emit(b);
                break;
        }
    }

    private void Emit(byte b) => _output.Write([b]);

    private void EmitHeader()
    {
        Emit(Escape);
        _output.Write(_header.AsSpan(0, _headerLength));
    }
}
