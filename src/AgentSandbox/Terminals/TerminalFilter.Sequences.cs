using System.Buffers;

namespace AgentSandbox.Terminals;

/// <summary>Sequences: what follows ESC is kept until it is known what it is, and then passes or does not. A string's body passes, or does not, as it comes.</summary>
internal sealed partial class TerminalFilter
{
    private void TakeHeader(byte b)
    {
        switch (b)
        {
            case Escape when _state == State.Number:
                BeginText(); // One that has nothing but a number, if ST follows.
                TakeText(b);
                return;
            case Escape:
                Begin();
                return;
            case Cancel or Substitute:
                _state = State.Ground;
                return;
            case Bell when _state == State.Number:
                BeginText();
                TakeText(b);
                return;
            case < 0x20:
                // A terminal carries these out in the middle of a sequence.
                if (b != Enquiry && _introducer is 0 or (byte)'[')
                {
                    Emit(b);
                }

                return;
            case 0x7F:
                return;
            default:
                break;
        }

        if (_headerLength < MaxHeader)
        {
            _header[_headerLength] = b;
        }

        _headerLength++;
        switch (_state)
        {
            case State.Escaped:
                TakeEscaped(b);
                break;
            case State.Number when b is < (byte)'0' or > (byte)'9':
                BeginText();
                break;
            case State.Parameters when b >= 0x40 && _introducer == (byte)'[':
                EndControl();
                break;
            case State.Parameters when b >= 0x40:
                BeginText();
                break;
            default:
                break;
        }
    }

    private void TakeEscaped(byte b)
    {
        if (b < 0x30)
        {
            return; // An intermediate byte; more comes.
        }

        bool isFirst = _headerLength == 1;
        if (isFirst && b is (byte)'[' or (byte)'P')
        {
            (_introducer, _state) = (b, State.Parameters);
        }
        else if (isFirst && b == (byte)']')
        {
            (_introducer, _state) = (b, State.Number);
        }
        else if (isFirst && b is (byte)'X' or (byte)'^' or (byte)'_')
        {
            _introducer = b;
            BeginText();
        }
        else
        {
            _state = State.Ground;
            if (_headerLength <= MaxHeader)
            {
                _changes.OnEscape(_header.AsSpan(0, _headerLength));
                EmitHeader();
            }
        }
    }

    private void EndControl()
    {
        _state = State.Ground;
        if (_headerLength <= MaxHeader && ControlRules.AllowsControl(_header.AsSpan(1, _headerLength - 1)))
        {
            _changes.OnControlSequence(_header.AsSpan(1, _headerLength - 1));
            EmitHeader();
        }
    }

    /// <summary>The beginning of a string is complete: it decides whether the string passes.</summary>
    private void BeginText()
    {
        ReadOnlySpan<byte> header = _header.AsSpan(0, Math.Min(_headerLength, MaxHeader));
        _state = State.Text;
        _passes = _headerLength <= MaxHeader && ControlRules.AllowsString(header);
        if (_passes)
        {
            _changes.OnString(header);
            EmitHeader();
        }
    }

    private void TakeText(byte b)
    {
        if (_state == State.TextEscaped)
        {
            if (b == (byte)'\\')
            {
                EndText("\x1b\\"u8);
                return;
            }

            Interrupt();
            TakeLow(b);
            return;
        }

        switch (b)
        {
            case Escape:
                _state = State.TextEscaped;
                break;
            case Bell when _introducer == (byte)']':
                EndText([Bell]);
                break;
            case Cancel or Substitute:
                EndText([b]);
                break;
            case Enquiry:
                break;
            default:
                Put(b);
                break;
        }
    }

    private void EndText(ReadOnlySpan<byte> terminator)
    {
        _state = State.Ground;
        if (_passes)
        {
            _output.Write(terminator);
        }
    }

    /// <summary>An ESC that is no ST ends a string too. The terminal is told so at once: the sequence that begins here may be left out.</summary>
    private void Interrupt()
    {
        EndText("\x1b\\"u8);
        Begin();
    }

    private void Begin() => (_state, _headerLength, _introducer) = (State.Escaped, 0, 0);
}
