namespace AgentSandbox.StandIn.Wsl;

/// <summary>What is done with distributions from outside.</summary>
internal static class Verbs
{
    public static int Version()
    {
        Say.Line($"WSL version: {Settings.Version}", $"WSL-Version: {Settings.Version}");
        Say.Line("Kernel version: 5.15.167.4-1", "Kernelversion: 5.15.167.4-1");
        Say.Line("Windows version: 10.0.26100.1", "Windows-Version: 10.0.26100.1");
        return 0;
    }

    public static int Status()
    {
        if (Distribution.All().FirstOrDefault() is { } first)
        {
            Say.Line($"Default Distribution: {first.Name}", $"Standarddistribution: {first.Name}");
        }

        Say.Line("Default Version: 2", "Standardversion: 2");
        return 0;
    }

    public static int List(string[] options)
    {
        bool isVerbose = options.Any(o => o is "--verbose" or "-v"), isQuiet = options.Any(o => o is "--quiet" or "-q"), onlyRunning = options.Contains("--running");
        var all = Distribution.All().Select(d => (d.Name, d.State, d.Version)).ToList();
        if (isVerbose)
        {
            ThrowIfNone(all.Count);
            int width = all.Max(d => Math.Max(d.Name.Length, "NAME".Length)) + 4;
            Say.Line($"  {"NAME".PadRight(width)}{"STATE",-16}VERSION");
            foreach ((string name, string state, string version) in all)
            {
                Say.Line($"{(name == all[0].Name ? "*" : " ")} {name.PadRight(width)}{state,-16}{version}");
            }

            return 0;
        }

        if (onlyRunning)
        {
            all = all.FindAll(d => d.State == "Running");
            if (all.Count == 0 && !isQuiet)
            {
                Say.Line("There are no running distributions.", "Es werden keine Distributionen ausgeführt.");
                return Say.OwnFailure;
            }
        }

        all = all.FindAll(d => d.State is "Running" or "Stopped");
        if (!isQuiet)
        {
            ThrowIfNone(all.Count);
            Say.Line("Windows Subsystem for Linux Distributions:", "Windows-Subsystem für Linux-Distributionen:");
        }

        foreach ((string name, _, _) in all)
        {
            Say.Line(isQuiet || name != all[0].Name ? name : $"{name} (Default)", isQuiet || name != all[0].Name ? name : $"{name} (Standard)");
        }

        return 0;
    }

    public static int Import(string name, string location, string file, string[] options)
    {
        string version = options is ["--version", var v] ? v : "2";
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new WslException("Wsl/Service/RegisterDistro/E_INVALIDARG", "The parameter is incorrect.", "Falscher Parameter.");
        }

        if (!File.Exists(file))
        {
            throw new WslException("Wsl/ERROR_FILE_NOT_FOUND", "The system cannot find the file specified.", "Das System kann die angegebene Datei nicht finden.");
        }

        if (Distribution.TryFind(name) is not null || Directory.Exists(Path.Combine(location, "ext4.vhdx")))
        {
            throw new WslException("Wsl/Service/RegisterDistro/ERROR_ALREADY_EXISTS", "A distribution with the supplied name already exists.", "Eine Distribution mit dem angegebenen Namen ist bereits vorhanden.");
        }

        string root = Path.Combine(location, "ext4.vhdx");
        Directory.CreateDirectory(root);
        if (Native.Run("tar", ["-x", "-f", file, "-C", root], silent: true) != 0)
        {
            Directory.Delete(root, recursive: true);
            throw new WslException("Wsl/Service/RegisterDistro/WSL_E_IMPORT_FAILED", "Importing the distribution failed.", "Fehler beim Importieren der Distribution.");
        }

        Distribution.Register(name, location, version);
        Say.Line("The operation completed successfully.", "Der Vorgang wurde erfolgreich beendet.");
        return 0;
    }

    public static int Unregister(string name)
    {
        Distribution distribution = Distribution.Find(name);
        Say.Line("Unregistering.", "Registrierung wird aufgehoben.");
        distribution.Terminate();
        distribution.Delete();
        Say.Line("The operation completed successfully.", "Der Vorgang wurde erfolgreich beendet.");
        return 0;
    }

    public static int Terminate(string name)
    {
        Distribution.Find(name).Terminate();
        Say.Line("The operation completed successfully.", "Der Vorgang wurde erfolgreich beendet.");
        return 0;
    }

    public static int Shutdown()
    {
        foreach (Distribution distribution in Distribution.All())
        {
            distribution.Terminate();
        }

        return 0;
    }

    private static void ThrowIfNone(int count)
    {
        if (count == 0)
        {
            throw new WslException(
                "Wsl/WSL_E_DEFAULT_DISTRO_NOT_FOUND",
                "Windows Subsystem for Linux has no installed distributions.\r\nYou can resolve this by installing a distribution: wsl.exe --install <Distro>",
                "Für Windows-Subsystem für Linux sind keine Distributionen installiert.\r\nInstallieren Sie eine Distribution: wsl.exe --install <Distro>");
        }
    }
}
