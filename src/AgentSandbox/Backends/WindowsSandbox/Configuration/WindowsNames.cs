namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>Names that are devices to Windows, whatever folder they are in and whatever extension they have.</summary>
internal static class WindowsNames
{
    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Tells whether a name is a device's.</summary>
    /// <param name="name">One part of a path.</param>
    /// <returns>True for <c>NUL</c>, <c>com1.txt</c> and the like.</returns>
    public static bool IsReserved(string name)
    {
        string stem = name.Split('.', ':')[0].TrimEnd(' ');
        return s_devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
            || (stem.Length == 4
                && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
                && (char.IsAsciiDigit(stem[3]) || stem[3] is '\u00B9' or '\u00B2' or '\u00B3'));
    }
}
