using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// Sends frames of many commands over one stream. A frame is appended to a buffer as a whole, so that a cancelled caller never leaves half of one,
/// and whoever finds nobody sending sends: while one write is under way, what comes in meanwhile is gathered for the next (<c>FrameWriter.Sending.cs</c>).
/// Control frames never wait, so that the reading loop can send them; data and OPEN wait for room.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore's wait handle is never used, and disposing it would fail those who still wait their turn when the connection ends.")]
internal sealed partial class FrameWriter
{
    /// <summary>Data and OPEN wait while this many bytes wait to be sent.</summary>
    private const int BulkLimit = 256 * 1024;

    /// <summary>A guest that makes the host queue this many bytes of control frames does not read; no honest one comes near.</summary>
    private const int ControlLimit = 256 * 1024;

    private readonly Stream _stream;
    private readonly Action<SandboxException> _failed;
    private readonly CancellationToken _stop;
    private readonly object _gate = new();
    private readonly SemaphoreSlim _bulk = new(1, 1);
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte>? _spare = new();
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _idle;
    private int _controlBytes;
    private bool _isSending;
    private bool _completed;

    /// <summary>Creates a writer.</summary>
    /// <param name="stream">Where the frames go.</param>
    /// <param name="failed">Called when sending fails or the guest does not read.</param>
    /// <param name="stop">Ends a write under way.</param>
    public FrameWriter(Stream stream, Action<SandboxException> failed, CancellationToken stop)
    {
        _stream = stream;
        _failed = failed;
        _stop = stop;
    }

    /// <summary>Sends a control frame without waiting.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="payload">Its payload.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TryWrite(FrameType type, uint channel, byte flags = 0, ReadOnlySpan<byte> payload = default)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return false;
            }

            int before = _filling.WrittenCount;
            FrameEncoder.WriteFrame(_filling, type, channel, flags, payload);
            _controlBytes += _filling.WrittenCount - before;
        }

        return CheckControl() && Send();
    }

    /// <summary>Sends a control message without waiting.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="type">Its type.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="message">The message.</param>
    /// <param name="typeInfo">Its metadata.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TryWriteMessage<T>(FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return false;
            }

            int before = _filling.WrittenCount;
            FrameEncoder.WriteMessage(_filling, type, channel, message, typeInfo);
            _controlBytes += _filling.WrittenCount - before;
        }

        return CheckControl() && Send();
    }

    /// <summary>Sends credit without waiting.</summary>
    /// <param name="channel">The command.</param>
    /// <param name="stream">The stream that the guest may send more of.</param>
    /// <param name="credit">Bytes.</param>
    public void WriteWindow(uint channel, StreamId stream, int credit)
    {
        Span<byte> payload = stackalloc byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(payload, credit);
        _ = TryWrite(FrameType.Window, channel, (byte)stream, payload); // On an ended connection nobody waits for credit.
    }

    /// <summary>Waits for one's turn to append something large. After it, call <see cref="LeaveBulk"/>.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when it is one's turn, also when the connection has ended.</returns>
    public async ValueTask EnterBulkAsync(CancellationToken cancellationToken)
    {
        await _bulk.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                Task room;
                lock (_gate)
                {
                    if (_completed || _filling.WrittenCount < BulkLimit)
                    {
                        return;
                    }

                    _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    room = _room.Task;
                }

                await room.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            _bulk.Release();
            throw;
        }
    }

    /// <summary>Ends one's turn.</summary>
    public void LeaveBulk() => _bulk.Release();

    /// <summary>Appends a DATA frame in one's turn.</summary>
    /// <param name="channel">The command.</param>
    /// <param name="payload">At most <see cref="ProtocolLimits.MaxData"/> bytes of its standard input.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TryWriteData(uint channel, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return false;
            }

            FrameEncoder.WriteFrame(_filling, FrameType.Data, channel, (byte)StreamId.StandardInput, payload);
        }

        return Send();
    }

    /// <summary>Appends finished frames in one's turn.</summary>
    /// <param name="frames">The frames.</param>
    /// <returns>False when the connection has ended.</returns>
    public bool TryWriteFrames(ReadOnlySpan<byte> frames)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return false;
            }

            _filling.Write(frames);
        }

        return Send();
    }

    /// <summary>Takes no more frames and waits until those taken were sent.</summary>
    /// <param name="timeout">Longest time to wait.</param>
    /// <returns>A task that completes then, or after the time.</returns>
    public async Task CompleteAsync(TimeSpan timeout)
    {
        Task idle;
        TaskCompletionSource? room;
        lock (_gate)
        {
            _completed = true;
            room = _room;
            _room = null;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isSending)
            {
                _idle.TrySetResult();
            }

            idle = _idle.Task;
        }

        room?.TrySetResult();
        await Task.WhenAny(idle, Task.Delay(timeout));
    }
}
