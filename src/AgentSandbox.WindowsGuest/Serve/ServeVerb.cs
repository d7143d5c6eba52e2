using AgentSandbox.Connection.FileChannel;
using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Serve.Connections;

namespace AgentSandbox.WindowsGuest.Serve;

/// <summary><c>serve --down FOLDER --up FOLDER [--expires TIME]</c>: serves hosts until the sandbox ends.</summary>
internal static class ServeVerb
{
    private const int RefusesToServe = 70; // EX_SOFTWARE, as the Linux guest.
    private const int HasExpired = 0;

    /// <summary>Connections beyond the limit that are told so instead of being left to wait.</summary>
    private const int Refusals = 4;

    /// <summary>Commands start on pool threads, many at once; the pool would make new threads twice a second only.</summary>
    private const int PoolThreads = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs the verb.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        try
        {
            ServeOptions options = ServeOptions.Parse(args);
            ThreadPool.SetMinThreads(PoolThreads, PoolThreads);
            TimerResolution.MakeFine();
            using Timer? expiry = options.Expires is { } time ? new Timer(_ => EndIfExpired(time), null, TimeSpan.Zero, TimeSpan.FromSeconds(1)) : null;
            ServeAsync(options).GetAwaiter().GetResult();
            return 0;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("The folders that the host has mapped can't be used: " + e.Message);
        }

        return RefusesToServe;
    }

    private static async Task ServeAsync(ServeOptions options)
    {
        var listener = new FileChannelListener(options.Down, options.Up, ProtocolLimits.MaxConnections + Refusals, ChannelClock.System);
        var sessions = new List<Task>();
        long failingSince = -1;
        while (true)
        {
            FileChannelStream stream;
            try
            {
                stream = await listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                failingSince = -1;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A mapped folder may be away for a moment, such as while the host sleeps.
                failingSince = failingSince < 0 ? GuestClock.Now : failingSince;
                if (GuestClock.Now - failingSince > s_patience.TotalMilliseconds)
                {
                    throw;
                }

                await Task.Delay(1000).ConfigureAwait(false);
                continue;
            }

            sessions.RemoveAll(static s => s.IsCompleted);
            var session = new GuestSession(stream);
            if (sessions.Count < ProtocolLimits.MaxConnections)
            {
                sessions.Add(Task.Run(session.RunAsync));
            }
            else
            {
                _ = Task.Run(() =>
                {
                    session.Refuse();
                    session.Dispose();
                });
            }
        }
    }

    /// <summary>Ends everything: closing the jobs' handles ends what is in them.</summary>
    private static void EndIfExpired(DateTimeOffset time)
    {
        if (DateTimeOffset.UtcNow >= time)
        {
            Environment.Exit(HasExpired);
        }
    }
}
