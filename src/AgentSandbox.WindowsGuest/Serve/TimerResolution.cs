using System.Runtime.InteropServices;

namespace AgentSandbox.WindowsGuest.Serve;

/// <summary>Waits of a millisecond, where Windows' own clock ticks every 15.6: the file channel lives on short waits.</summary>
internal static class TimerResolution
{
    private const uint OneMillisecond = 1;

    /// <summary>Asks for it until this process ends. What it costs in power the sandbox does not care for.</summary>
    public static void MakeFine()
    {
        try
        {
            _ = BeginPeriod(OneMillisecond); // A refusal makes the channel slower, nothing else.
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            Console.Error.WriteLine("This is no Windows: " + e.Message); // Mono on Linux, where waits are short anyway.
        }
    }

    [DllImport("winmm.dll", EntryPoint = "timeBeginPeriod", ExactSpelling = true)]
    private static extern uint BeginPeriod(uint milliseconds);
}
