namespace AgentSandbox.Isolation.Wsl;

/// <summary>What a distribution's <c>/etc/wsl.conf</c> says of its ties to Windows. The defaults are WSL's own.</summary>
internal sealed record WslConfiguration
{
    /// <summary>Windows' drives are mounted when the distribution starts.</summary>
    public bool AutomountsDrives { get; init; } = true;

    /// <summary>Windows' programs can be started.</summary>
    public bool StartsWindowsPrograms { get; init; } = true;

    /// <summary>Both in words, as part of a sentence.</summary>
    public string Description => $"wsl.conf has automount {(AutomountsDrives ? "on" : "off")} and interop {(StartsWindowsPrograms ? "on" : "off")}";

    /// <summary>Reads wsl.conf(5)'s <c>[automount] enabled</c> and <c>[interop] enabled</c>. What can't be read as "off" is on, as the less safe of the two.</summary>
    /// <param name="text">The file; empty when there is none.</param>
    /// <returns>The settings.</returns>
    public static WslConfiguration Parse(string text)
    {
        var result = new WslConfiguration();
        string section = "";
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Split('#')[0].Trim();
            if (line is ['[', .., ']'])
            {
                section = line[1..^1].Trim().ToLowerInvariant();
                continue;
            }

            string[] pair = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length == 2 && pair[0].Equals("enabled", StringComparison.OrdinalIgnoreCase))
            {
                bool on = pair[1].Trim('"').ToLowerInvariant() is not ("false" or "0");
                result = section switch
                {
                    "automount" => result with { AutomountsDrives = on },
                    "interop" => result with { StartsWindowsPrograms = on },
                    _ => result,
                };
            }
        }

        return result;
    }
}
