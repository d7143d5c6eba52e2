using System.Buffers;
using System.Buffers.Binary;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>The reading loop: takes the guest's frames, believes none of them, and never waits for anything but the next bytes.</summary>
internal sealed partial class GuestConnection
{
    private const int ReadBufferSize = 128 * 1024;

    private bool _greeted;

    private async Task ReadLoopAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBufferSize);
        using var decoder = new FrameDecoder();
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(buffer, _stop.Token)) > 0)
            {
                Take(decoder, buffer.AsSpan(0, count));
            }

            Fail(GuestErrors.Disconnected(decoder.IsAtFrameBoundary ? "the program inside the sandbox has ended or closed it." : "it ended in the middle of a frame."));
        }
        catch (ProtocolViolationException e)
        {
            Fail(GuestErrors.Violation(e));
        }
        catch (SandboxException e)
        {
            Fail(e); // The stream knows better what has happened.
        }
        catch (Exception e)
        {
            // Nobody awaits this loop: whatever went wrong ends the connection and so reaches every command on it.
            Fail(GuestErrors.Disconnected("receiving failed.", e));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Take(FrameDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        while (decoder.TryRead(ref bytes))
        {
            Dispatch(decoder.Header, decoder.Payload);
        }
    }

    private void Dispatch(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_greeted)
        {
            Greet(header, payload);
            return;
        }

        switch (header.Type)
        {
            case FrameType.Data:
                Command(header)?.ReceiveData((StreamId)header.Flags, payload);
                break;
            case FrameType.Eof:
                Command(header)?.ReceiveEof((StreamId)header.Flags);
                break;
            case FrameType.Window:
                Command(header)?.ReceiveWindow((StreamId)header.Flags, BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case FrameType.Opened:
                _ = ProtocolJson.Read(payload, ProtocolJson.Default.OpenedMessage);
                Command(header)?.ReceiveOpened();
                break;
            case FrameType.Fail:
                FailMessage fail = ProtocolJson.Read(payload, ProtocolJson.Default.FailMessage);
                Command(header)?.ReceiveFail(fail);
                break;
            case FrameType.Exit:
                ExitMessage exit = ProtocolJson.Read(payload, ProtocolJson.Default.ExitMessage);
                Command(header)?.ReceiveExit(exit);
                break;
            case FrameType.Ping:
                _writer.TryWrite(FrameType.Pong, 0, 0, payload); // A flood of them ends the connection in the writer.
                break;
            case FrameType.Error:
                Fail(GuestErrors.FromError(ProtocolJson.Read(payload, ProtocolJson.Default.FailMessage)));
                break;
            default:
                // A second HELLO, a PONG that nobody asked for, and what only a host may send.
                throw new ProtocolViolationException($"A {header.Type} frame from the guest.");
        }
    }

    private void Greet(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type == FrameType.Error)
        {
            Fail(GuestErrors.FromError(ProtocolJson.Read(payload, ProtocolJson.Default.FailMessage)));
            return;
        }

        if (header.Type != FrameType.Hello)
        {
            throw new ProtocolViolationException($"The first frame is {header.Type} instead of HELLO.");
        }

        HelloMessage hello = ProtocolJson.Read(payload, ProtocolJson.Default.HelloMessage);
        if (hello.Magic != ProtocolLimits.Magic)
        {
            throw new ProtocolViolationException("HELLO has the wrong magic.");
        }

        if (hello.MinGeneration > hello.MaxGeneration || hello.MinGeneration > ProtocolLimits.MaxGeneration || hello.MaxGeneration < ProtocolLimits.MinGeneration)
        {
            throw new ProtocolViolationException($"The guest speaks protocol generations {hello.MinGeneration} to {hello.MaxGeneration}, this version {ProtocolLimits.MinGeneration} to {ProtocolLimits.MaxGeneration}.");
        }

        HasWideExitCodes = hello.Features?.Contains(ProtocolFeatures.Windows) == true;
        HasTerminals = hello.Features?.Contains(ProtocolFeatures.Terminal) == true;
        _greeted = true;
        _hello.TrySetResult();
    }

    /// <summary>Finds a frame's command. Null only once the connection has ended, when all channels are gone at once.</summary>
    private GuestCommand? Command(FrameHeader header)
    {
        lock (_gate)
        {
            if (_channels.TryGetValue(header.Channel, out GuestCommand? command))
            {
                return command;
            }

            return _failure is not null ? null : throw new ProtocolViolationException($"A {header.Type} frame on channel {header.Channel}, which is not open.");
        }
    }
}
