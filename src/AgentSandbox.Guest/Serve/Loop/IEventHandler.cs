namespace AgentSandbox.Guest.Serve.Loop;

/// <summary>Owns a descriptor of the event loop.</summary>
internal interface IEventHandler
{
    /// <summary>The descriptor is ready.</summary>
    /// <param name="descriptor">Which one; an owner may have several.</param>
    /// <param name="events">EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP of epoll_ctl(2).</param>
    void OnReady(int descriptor, uint events);
}

/// <summary>Wants to be called at a time.</summary>
internal interface ITimed
{
    /// <summary>Called at or after the time that was asked for, and possibly before: compare with the clock.</summary>
    /// <param name="now">Milliseconds of <see cref="Environment.TickCount64"/>.</param>
    void OnTime(long now);
}
