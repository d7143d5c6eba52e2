using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.StartUp;

namespace AgentSandbox.Guest.Serve.Loop;

/// <summary>
/// Waits for descriptors, level-triggered, and for timers. A descriptor that nobody wants to hear of is taken out of the epoll set altogether:
/// EPOLLHUP is reported whether asked for or not, and would spin.
/// </summary>
internal sealed unsafe class EventLoop
{
    private const int BatchSize = 64;
    private readonly int _epoll;
    private readonly byte[] _events = GC.AllocateUninitializedArray<byte>(BatchSize * EpollEvent.Size, pinned: true);
    private readonly PriorityQueue<ITimed, long> _timers = new();
    private readonly List<Action> _afterBatch = [];
    private Registration[] _registrations = new Registration[64];
    private uint _generation;

    public EventLoop()
    {
        _epoll = Libc.EpollCreate(Os.O_CLOEXEC);
        if (_epoll < 0)
        {
            throw new StartUpException("epoll_create1", Libc.Errno);
        }
    }

    /// <summary>Milliseconds, from when the current batch of events was received.</summary>
    public long Now { get; private set; } = Environment.TickCount64;

    /// <summary>Set to leave <see cref="Run"/>.</summary>
    public bool Stopped { get; set; }

    /// <summary>Sets which events of a descriptor are reported; 0 for none.</summary>
    /// <returns>False when the kernel has no room for it (ENOMEM, ENOSPC).</returns>
    public bool Watch(int descriptor, uint events, IEventHandler handler)
    {
        if (descriptor >= _registrations.Length)
        {
            Array.Resize(ref _registrations, Math.Max(descriptor + 1, _registrations.Length * 2));
        }

        ref Registration registration = ref _registrations[descriptor];
        if (registration.Events == events)
        {
            return true; // A descriptor has one handler for life; Close forgets it.
        }

        int operation = events == 0 ? Os.EPOLL_CTL_DEL : registration.Events == 0 ? Os.EPOLL_CTL_ADD : Os.EPOLL_CTL_MOD;
        uint generation = operation == Os.EPOLL_CTL_ADD ? ++_generation : registration.Generation;
        byte* epollEvent = stackalloc byte[16];
        EpollEvent.Write(epollEvent, events, ((ulong)generation << 32) | (uint)descriptor);
        if (Libc.EpollControl(_epoll, operation, descriptor, epollEvent) != 0 && operation != Os.EPOLL_CTL_DEL)
        {
            return false;
        }

        registration = new Registration(events == 0 ? null : handler, events, generation);
        return true;
    }

    /// <summary>Stops watching and closes a descriptor. Events of it that wait in the current batch are dropped.</summary>
    public void Close(ref int descriptor)
    {
        if (descriptor >= 0)
        {
            if (descriptor < _registrations.Length && _registrations[descriptor].Events != 0)
            {
                // Explicitly: a child between fork and execve still holds the pipe, and epoll would go on reporting it.
                _ = Libc.EpollControl(_epoll, Os.EPOLL_CTL_DEL, descriptor, null);
                _registrations[descriptor] = default;
            }

            FileDescriptor.Close(ref descriptor);
        }
    }

    /// <summary>Asks for a call at a time. Times can't be taken back: the callee compares with the clock.</summary>
    public void CallAt(long time, ITimed target) => _timers.Enqueue(target, Math.Max(time, Now + 1));

    /// <summary>Asks for a call after each batch of events, such as to send what the batch has queued.</summary>
    public void AfterEachBatch(Action action) => _afterBatch.Add(action);

    /// <summary>Serves until <see cref="Stopped"/>.</summary>
    public void Run()
    {
        fixed (byte* events = _events)
        {
            while (!Stopped)
            {
                int count = Libc.EpollWait(_epoll, events, BatchSize, MillisecondsToNextTimer());
                Now = Environment.TickCount64;
                for (int i = 0; i < count; i++)
                {
                    byte* item = events + (i * EpollEvent.Size);
                    Dispatch(EpollEvent.Data(item), EpollEvent.Events(item));
                }

                RunTimers();
                foreach (Action action in _afterBatch)
                {
                    action();
                }
            }
        }
    }

    private void Dispatch(ulong data, uint events)
    {
        int descriptor = (int)(uint)data;
        Registration registration = _registrations[descriptor];
        if (registration.Handler is not null && registration.Generation == (uint)(data >> 32))
        {
            registration.Handler.OnReady(descriptor, events);
        }
    }

    private int MillisecondsToNextTimer() => _timers.TryPeek(out _, out long due)
        ? (int)Math.Clamp(due - Environment.TickCount64, 0, int.MaxValue)
        : -1;

    private void RunTimers()
    {
        // Against the clock of the batch: a callee that asks for a later time does not run twice.
        while (_timers.TryPeek(out _, out long due) && due <= Now)
        {
            _timers.Dequeue().OnTime(Now);
        }
    }

    private readonly record struct Registration(IEventHandler? Handler, uint Events, uint Generation);
}
