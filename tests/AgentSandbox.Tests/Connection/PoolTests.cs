using System.Collections.Concurrent;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class PoolTests
{
    private static readonly CommandSpecification s_command = new() { Arguments = ["x"] };

    [Fact]
    public async Task Commands_share_a_connection()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        for (int i = 0; i < 5; i++)
        {
            await using SandboxCommand command = await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
            await host.EndAllAsync();
            await command.Completion.Soon();
        }

        Assert.Equal(1, host.Connections);
    }

    [Fact]
    public async Task Two_hundred_at_once_take_four_connections()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        SandboxCommand[] commands = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None)))).Soon();
        Assert.Equal(4, host.Connections);
        await host.EndAllAsync();
        await Task.WhenAll(commands.Select(c => c.Completion)).Soon();
    }

    [Fact]
    public async Task Beyond_all_connections_a_command_waits_for_a_channel()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        const int Most = GuestConnectionPool.MaxConnections * ProtocolLimits.MaxChannels;
        SandboxCommand[] commands = await Task.WhenAll(Enumerable.Range(0, Most).Select(_ => pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None))).Soon();
        using var cancel = new CancellationTokenSource();
        Task<SandboxCommand> cancelled = pool.StartAsync("a", host.ConnectAsync, s_command, cancel.Token);
        Task<SandboxCommand> waiting = pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        Assert.False(waiting.IsCompleted);

        await host.EndOneAsync();
        await waiting.Soon();
        Assert.Equal(GuestConnectionPool.MaxConnections, host.Connections);
        Assert.Single(commands, c => c.Completion.IsCompleted);
    }

    [Fact]
    public async Task Sandboxes_do_not_share_connections()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        await pool.StartAsync("a/1", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        await pool.StartAsync("a/2", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        Assert.Equal(2, host.Connections);
    }

    [Fact]
    public async Task A_connection_that_died_idle_is_replaced_before_the_user_notices()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        for (int i = 1; i <= 20; i++)
        {
            // The hang-up races with the start on purpose: seen before, or only while starting, the user gets a command.
            SandboxCommand command = await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
            await host.EndAllAsync();
            await command.Completion.Soon();
            await host.HangUpAllAsync();
        }

        Assert.Equal(20, host.Connections);
    }

    [Fact]
    public async Task An_idle_connection_that_dies_on_the_request_is_retried_once()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        SandboxCommand first = await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        await host.EndAllAsync();
        await first.Completion.Soon();
        host.HangUpOnOpen = 1;
        await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        Assert.Equal(2, host.Connections);
    }

    [Fact]
    public async Task A_guest_that_dies_on_every_request_is_told_as_that()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost { HangUpOnOpen = int.MaxValue };
        await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).FailsWith(SandboxErrorId.GuestDisconnected);
        Assert.Equal(1, host.Connections); // New, not idle: nothing to retry.
    }

    [Fact]
    public async Task A_failed_connect_reaches_everyone_who_waits_and_the_next_try_is_new()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        Task<Stream> Refuse(CancellationToken token) => Task.FromException<Stream>(new SandboxException(SandboxErrorId.SandboxNotRunning, "Stopped.", "Start it."));
        Task<SandboxCommand>[] starting = [.. Enumerable.Range(0, 100).Select(_ => pool.StartAsync("a", Refuse, s_command, CancellationToken.None))];
        foreach (Task<SandboxCommand> start in starting)
        {
            await start.FailsWith(SandboxErrorId.SandboxNotRunning);
        }

        await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
    }

    [Fact]
    public async Task A_connect_that_hangs_runs_into_a_deadline()
    {
        await using var pool = new GuestConnectionPool(new ConnectionOptions { OpenTimeout = TimeSpan.FromMilliseconds(100) });
        static async Task<Stream> HangAsync(CancellationToken token)
        {
            await Task.Delay(Timeout.Infinite, token);
            return Stream.Null;
        }

        await pool.StartAsync("a", HangAsync, s_command, CancellationToken.None).FailsWith(SandboxErrorId.GuestNotResponding);
    }

    [Fact]
    public async Task A_full_guest_makes_commands_wait_for_the_connections_there_are()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost { MaxConnections = 1 };
        SandboxCommand[] commands = await Task.WhenAll(Enumerable.Range(0, ProtocolLimits.MaxChannels).Select(_ => pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None))).Soon();
        Task<SandboxCommand> waiting = pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None);
        await host.EndOneAsync();
        await waiting.Soon();
        Assert.Single(commands, c => c.Completion.IsCompleted);
    }

    [Fact]
    public async Task Dropping_a_sandbox_ends_its_commands_and_its_waiters_only()
    {
        await using var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        SandboxCommand dropped = await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        SandboxCommand kept = await pool.StartAsync("b", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        pool.Drop("a");
        pool.Drop("never seen");
        await dropped.Completion.FailsWith(SandboxErrorId.GuestDisconnected);
        Assert.False(kept.Completion.IsCompleted);
        await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        Assert.Equal(3, host.Connections);
    }

    [Fact]
    public async Task A_disposed_pool_starts_nothing()
    {
        var pool = new GuestConnectionPool();
        var host = new ScriptedHost();
        SandboxCommand command = await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        await pool.DisposeAsync().AsTask().Soon();
        await command.Completion.FailsWith(SandboxErrorId.GuestDisconnected);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None));
    }

    [Fact]
    public async Task Idle_connections_are_closed_but_for_one()
    {
        await using var pool = new GuestConnectionPool(new ConnectionOptions { IdleLinger = TimeSpan.FromMilliseconds(100) });
        var host = new ScriptedHost();
        SandboxCommand[] commands = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None))).Soon();
        await host.EndAllAsync();
        await Task.WhenAll(commands.Select(c => c.Completion)).Soon();
        await Waiting.Until(() => host.LiveConnections == 1);

        // Four, as another test has it; on a busy machine one may have lingered too long before its first command, and a fifth took its place.
        int made = host.Connections;
        await pool.StartAsync("a", host.ConnectAsync, s_command, CancellationToken.None).Soon();
        Assert.Equal(made, host.Connections);
    }

    /// <summary>Makes scripted guests that accept every command and end it when told.</summary>
    private sealed class ScriptedHost
    {
        private readonly ConcurrentBag<ScriptedGuest> _guests = [];
        private readonly ConcurrentQueue<(ScriptedGuest Guest, uint Channel)> _running = new();
        private int _connections;

        public int Connections => _connections;

        public int LiveConnections => _guests.Count(g => !g.HostStream.IsDisposed);

        public int MaxConnections { get; init; } = int.MaxValue;

        public int HangUpOnOpen { get; set; }

        public Task<Stream> ConnectAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ScriptedGuest guest = ScriptedGuest.Create();
            if (Interlocked.Increment(ref _connections) > MaxConnections)
            {
                _ = guest.SendAsync(FrameType.Error, 0, new FailMessage { Kind = FailKind.Busy }, ProtocolJson.Default.FailMessage);
            }
            else
            {
                _guests.Add(guest);
                _ = ServeAsync(guest);
            }

            return Task.FromResult<Stream>(guest.HostStream);
        }

        public async Task EndOneAsync()
        {
            if (_running.TryDequeue(out (ScriptedGuest Guest, uint Channel) one))
            {
                await one.Guest.ExitAsync(one.Channel);
            }
        }

        public async Task EndAllAsync()
        {
            while (!_running.IsEmpty)
            {
                await EndOneAsync();
            }
        }

        public async Task HangUpAllAsync()
        {
            foreach (ScriptedGuest guest in _guests)
            {
                await guest.HangUpAsync();
            }
        }

        private async Task ServeAsync(ScriptedGuest guest)
        {
            await guest.HelloAsync();
            while (await guest.NextOrEndAsync() is { } frame)
            {
                if (frame.Type != FrameType.Open)
                {
                    continue;
                }

                if (HangUpOnOpen > 0)
                {
                    HangUpOnOpen--;
                    await guest.HangUpAsync();
                    return;
                }

                _running.Enqueue((guest, frame.Channel));
                await guest.OpenedAsync(frame.Channel);
            }
        }
    }
}
