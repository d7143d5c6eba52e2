using System.Diagnostics;
using AgentSandbox.Copying.Files;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Images;

/// <summary>A store of its own, and a folder for sources beside it.</summary>
internal sealed class ImageTestStore : IDisposable
{
    public ImageTestStore(string hostRoot = "/", Func<string, bool>? isUsed = null)
    {
        Work = Directory.CreateTempSubdirectory("agentsandbox-images-").FullName;
        Home = new SandboxHome(Path.Combine(Work, "home"));
        Store = new ImageStore(Home, hostRoot, isUsed);
    }

    public string Work { get; }

    public SandboxHome Home { get; }

    public ImageStore Store { get; }

    /// <summary>What is in the store's folder, but for the built-in image.</summary>
    public string[] Entries => Directory.Exists(Home.Images) ? [.. Directory.EnumerateFileSystemEntries(Home.Images).Select(Path.GetFileName).Where(n => n != ".host").Order()!] : [];

    public string PathOf(string name) => Path.Combine(Work, name);

    /// <summary>Makes a small root file system with everything that is hard to keep.</summary>
    public string MakeRoot(string name = "root")
    {
        string root = Directory.CreateDirectory(PathOf(name)).FullName;
        Run("bash", "-c", """
            set -e; cd "$0"; umask 022
            mkdir -p usr/bin etc var/empty tmp; chmod 1777 tmp; chmod 0700 var/empty
            echo '#!/bin/sh' > usr/bin/tool; chmod 4755 usr/bin/tool
            ln usr/bin/tool usr/bin/same; ln -s usr/bin bin; ln -s /etc/hostname etc/absolute
            echo data > etc/owned; chown 1234:5678 etc/owned; chmod 0640 etc/owned; touch -d '2001-02-03 04:05:06 UTC' etc/owned
            printf 'x' > etc/"$(printf 'bad\377')"
            cp /bin/true usr/bin/capable; setcap cap_net_raw+ep usr/bin/capable 2>/dev/null || true
            mknod var/null c 1 3; mkfifo var/fifo
            mkdir -p "usr/share/$(printf 'n%.0s' $(seq 120))/$(printf 'm%.0s' $(seq 120))"; cd usr/share/n*/m*; echo deep > file
            """, root);
        return root;
    }

    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {error.Result}");
        return output;
    }

    /// <summary>Type, mode, owner, links, size, time and target of everything, in an order that does not depend on the disk.</summary>
    public static string Listing(string root) => Run("bash", "-c", "cd \"$0\" && find . -mindepth 1 ! -type c ! -type p -printf '%p %y %m %U:%G %n %l' \\( -type f -printf ' %s %Ts' -o -true \\) -printf '\\n' | LC_ALL=C sort; getcap -r . 2>/dev/null || true", root);

    public void Dispose() => SafeDelete.Tree(Work);
}
