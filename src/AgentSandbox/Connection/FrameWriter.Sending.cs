using System.Buffers;

namespace AgentSandbox.Connection;

/// <summary>The sending loop and its buffers.</summary>
internal sealed partial class FrameWriter
{
    /// <summary>A buffer that one large OPEN made larger than this is not kept.</summary>
    private const int LargestKeptBuffer = 1024 * 1024;

    private bool CheckControl()
    {
        lock (_gate)
        {
            if (_controlBytes <= ControlLimit)
            {
                return true;
            }
        }

        _failed(GuestErrors.NotResponding("it does not read what it is sent."));
        return false;
    }

    private bool Send()
    {
        lock (_gate)
        {
            if (_isSending)
            {
                return true;
            }

            _isSending = true;
        }

        _ = SendLoopAsync();
        return true;
    }

    private async Task SendLoopAsync()
    {
        bool onCallersThread = true;
        try
        {
            while (TakeBatch() is { } batch)
            {
                await _stream.WriteAsync(batch.WrittenMemory, _stop);
                await _stream.FlushAsync(_stop);
                Recycle(batch);
                if (onCallersThread)
                {
                    // The caller sends its own frame, not those that others keep adding.
                    onCallersThread = false;
                    await Task.Yield();
                }
            }
        }
        catch (Exception e)
        {
            // Nobody awaits this task: whatever went wrong ends the connection and so reaches every command on it.
            _failed(GuestErrors.Disconnected("sending failed.", e));
            lock (_gate)
            {
                _completed = true;
                _idle?.TrySetResult();
            }
        }
    }

    private ArrayBufferWriter<byte>? TakeBatch()
    {
        ArrayBufferWriter<byte> batch;
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (_filling.WrittenCount == 0)
            {
                _isSending = false;
                _idle?.TrySetResult();
                return null;
            }

            batch = _filling;
            _filling = _spare ?? new ArrayBufferWriter<byte>();
            _spare = null;
            _controlBytes = 0;
            room = _room;
            _room = null;
        }

        room?.TrySetResult();
        return batch;
    }

    private void Recycle(ArrayBufferWriter<byte> batch)
    {
        if (batch.Capacity > LargestKeptBuffer)
        {
            return;
        }

        batch.ResetWrittenCount();
        lock (_gate)
        {
            _spare ??= batch;
        }
    }
}
