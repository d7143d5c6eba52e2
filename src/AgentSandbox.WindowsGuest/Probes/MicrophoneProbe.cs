using System.Runtime.InteropServices;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether there is a device to record with. None is opened. That there is one to play with is the control: then audio works at all.</summary>
internal static class MicrophoneProbe
{
    /// <summary>No arguments.</summary>
    public static ProbeReport Count(string[] args)
    {
        uint inputs = waveInGetNumDevs(), outputs = waveOutGetNumDevs();
        return new ProbeReport(inputs > 0 ? ProbeReport.Open : ProbeReport.Closed, outputs > 0 && args.Length == 0, $"there are {inputs} devices to record with and {outputs} to play with");
    }

    [DllImport("winmm.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint waveInGetNumDevs();

    [DllImport("winmm.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint waveOutGetNumDevs();
}
