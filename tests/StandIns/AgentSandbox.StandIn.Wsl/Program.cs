namespace AgentSandbox.StandIn.Wsl;

/// <summary>
/// Stands in for <c>wsl.exe</c> on a Linux machine, for tests. What it imitates is what Microsoft documents and what the public source shows: its own words as
/// UTF-16LE unless WSL_UTF8 is exactly 1, on standard output, with an "Error code:" token below text in the user's language; -1 (255 here) for its own failures;
/// Linux exit codes 67 and 87 that become -1; raw wait statuses of signals; the formats of its lists; -d and -u cut at white space with no quotes taken off; argv as
/// it is after -e; a distribution that ends with all that runs in it some time after the last wsl.exe went; settings that are read from /etc/wsl.conf at its start.
/// A distribution is a folder, and a PID and mount namespace of this machine in which its /etc, /opt, /var/lib, /run and /root are those of the imported archive.
/// What it does not imitate: a virtual machine and a kernel of its own (it is this machine's, with its control groups and devices), another network, /usr from the archive
/// (it is this machine's), systemd, drives, interop and VSOCK (a distribution that does not cut them gets the signs of them: a mount named C:, WSL_INTEROP, a
/// PATH with Windows in it), WSL 1, --export, --manage, and the words of every message.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is [Init.Verb, string folder])
        {
            return Init.Run(folder);
        }

        // wsl.exe of the product's calls has a console of its own, so that no Ctrl+C reaches it.
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, c => c.Cancel = true);
        using var hangUp = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGHUP, c => c.Cancel = true);
        try
        {
            if (Settings.Failure is { } failure)
            {
                throw new WslException(failure, "The requested operation could not be completed.", "Der angeforderte Vorgang konnte nicht abgeschlossen werden.");
            }

            return args switch
            {
                ["--version" or "-v"] => Verbs.Version(),
                ["--status"] => Verbs.Status(),
                ["--list" or "-l", .. string[] options] => Verbs.List(options),
                ["--import", string name, string location, string file, .. string[] options] => Verbs.Import(name, location, file, options),
                ["--unregister", string name] => Verbs.Unregister(name),
                ["--terminate" or "-t", string name] => Verbs.Terminate(name),
                ["--shutdown"] => Verbs.Shutdown(),
                ["--install", "--no-distribution"] => 0,
                ["--help"] => Say.Usage(),
                _ => Launch.Run(args),
            };
        }
        catch (WslException e)
        {
            Say.Error(e);
            return Say.OwnFailure;
        }
    }
}
