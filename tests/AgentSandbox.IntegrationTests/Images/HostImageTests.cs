using System.Text;

namespace AgentSandbox.IntegrationTests.Images;

/// <summary>The built-in image must hold what programs need and nothing of the machine's owner: a host full of secrets is its test.</summary>
public sealed class HostImageTests
{
    private const string Secret = "TOP-SECRET-4711";

    [Fact]
    public void No_secret_of_the_host_gets_in()
    {
        using ImageTestStore planted = new();
        string host = PlantedHost(planted.PathOf("hostroot"));
        using ImageTestStore test = new(host);
        SandboxImage image = test.Store.Get("host");

        Assert.Contains("/etc/services", AllFiles(image.RootPath).Select(f => f[image.RootPath.Length..]));
        foreach (string file in AllFiles(image.RootPath))
        {
            Assert.DoesNotContain(Secret, file, StringComparison.Ordinal);
            Assert.False(File.ReadAllText(file, Encoding.Latin1).Contains(Secret, StringComparison.Ordinal), $"{file} has the secret in it.");
        }

        foreach (FileSystemInfo info in new DirectoryInfo(image.RootPath).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(Secret, info.LinkTarget ?? "", StringComparison.Ordinal);
            Assert.False(info.LinkTarget is string target && (target.StartsWith("/root", StringComparison.Ordinal) || target.StartsWith("/home", StringComparison.Ordinal) || target.Contains("private", StringComparison.Ordinal)), info.FullName);
        }

        foreach (string absent in new[] { "etc/shadow", "etc/gshadow", "etc/ssh", "etc/ssl/private", "etc/sudoers", "etc/gitconfig", "etc/npmrc", "etc/pip.conf", "etc/machine-info", "root/.ssh", "home/alice", "var/lib/secret", "etc/hostname" })
        {
            Assert.False(Path.Exists(Path.Combine(image.RootPath, absent)), absent);
        }
    }

    [Fact]
    public void The_root_has_its_folders_users_and_links()
    {
        using ImageTestStore test = new();
        SandboxImage image = test.Store.Get("HOST");
        Assert.Equal(("host", "BuiltIn", "/usr"), (image.Name, image.Kind, image.HostBinds[0]));
        string Stat(string path) => ImageTestStore.Run("stat", "-c", "%a %u:%g", Path.Combine(image.RootPath, path)).Trim();
        Assert.Equal("755 0:0", Stat(""));
        Assert.Equal("1777 0:0", Stat("tmp"));
        Assert.Equal("1777 0:0", Stat("var/tmp"));
        Assert.Equal("700 0:0", Stat("root"));
        Assert.Equal("755 1000:1000", Stat("home/sandbox"));
        Assert.Equal("644 0:0", Stat("etc/passwd"));
        Assert.Equal("", File.ReadAllText(Path.Combine(image.RootPath, "etc/resolv.conf")));
        Assert.Equal("", File.ReadAllText(Path.Combine(image.RootPath, "etc/machine-id")));
        Assert.Equal(new FileInfo("/bin").LinkTarget, new FileInfo(Path.Combine(image.RootPath, "bin")).LinkTarget);
        Assert.Equal(["daemon", "nobody", "root", "sandbox"], File.ReadLines(Path.Combine(image.RootPath, "etc/passwd")).Select(l => l.Split(':')[0]).Order());
        Assert.True(image.Size < 16 << 20);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(image.RootPath, "usr")));
    }

    [Fact]
    public void It_is_made_once_and_again_after_an_update()
    {
        using ImageTestStore planted = new();
        string host = PlantedHost(planted.PathOf("hostroot"));
        using ImageTestStore test = new(host);
        SandboxImage first = test.Store.Get("host");
        Assert.Equal(first.RootPath, test.Store.Get("host").RootPath);
        Assert.Equal(first.Created, test.Store.Get("host").Created);
        File.SetLastWriteTimeUtc(Path.Combine(host, "usr/lib/os-release"), DateTime.UtcNow.AddMinutes(1));
        Assert.NotEqual(first.RootPath, test.Store.Get("host").RootPath);
        Assert.True(Directory.Exists(first.RootPath)); // a sandbox may stand on it
    }

    [Fact]
    public void Roots_of_earlier_states_of_the_machine_are_deleted_unless_a_sandbox_stands_on_them()
    {
        using ImageTestStore planted = new();
        string host = PlantedHost(planted.PathOf("hostroot"));
        using ImageTestStore test = new(host);
        string[] roots = new string[4];
        string place = Directory.CreateDirectory(test.PathOf("place")).FullName;
        try
        {
            for (int i = 0; i < roots.Length; i++)
            {
                File.SetLastWriteTimeUtc(Path.Combine(host, "usr/lib/os-release"), DateTime.UtcNow.AddMinutes(i));
                roots[i] = test.Store.Get("host").RootPath;
                if (i == 0)
                {
                    ImageTestStore.Run("mount", "--bind", roots[0], place);
                }

                if (i < 2)
                {
                    Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(roots[i])!, DateTime.UtcNow.AddHours(-2));
                }
            }
        }
        finally
        {
            ImageTestStore.Run("umount", place);
        }

        // Mounted; old and free; young; the newest.
        Assert.Equal([true, false, true, true], roots.Select(Directory.Exists));
    }

    [Fact]
    public async Task Any_number_may_want_it_at_once()
    {
        using ImageTestStore test = new();
        SandboxImage[] images = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => new AgentSandbox.Images.ImageStore(test.Home).Get("host"))));
        Assert.Single(images.Select(i => i.RootPath).Distinct());
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(test.Home.Images, ".host")));
    }

    [Fact]
    public void A_host_whose_usr_is_not_merged_has_its_other_folders_bound_too()
    {
        using ImageTestStore planted = new();
        string host = PlantedHost(planted.PathOf("hostroot"));
        ImageTestStore.Run("bash", "-c", "cd \"$0\" && rm bin && mkdir bin lib64 && touch bin/sh", host);
        using ImageTestStore test = new(host);
        SandboxImage image = test.Store.Get("host");
        Assert.Equal(["/usr", "/bin", "/lib64"], image.HostBinds);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(image.RootPath, "bin")));
        Assert.Null(new DirectoryInfo(Path.Combine(image.RootPath, "bin")).LinkTarget);
    }

    [Fact]
    public void The_programs_of_this_machine_work_in_it()
    {
        using ImageTestStore test = new();
        string root = test.Store.Get("host").RootPath;
        string script = "mount --bind /usr \"$0/usr\" && exec chroot \"$0\" /bin/sh -c 'echo | awk \"{print 42}\"; id -un; test -s /etc/ssl/certs/ca-certificates.crt && echo certificates; cat /etc/os-release >/dev/null && echo release'";
        Assert.Equal("42\nroot\ncertificates\nrelease\n", ImageTestStore.Run("unshare", "-m", "--propagation", "private", "sh", "-c", script, root));
    }

    private static IEnumerable<string> AllFiles(string root) =>
        Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint });

    private static string PlantedHost(string root)
    {
        Directory.CreateDirectory(root);
        ImageTestStore.Run("bash", "-c", """
            set -e; cd "$0"; S="$1"; umask 022
            mkdir -p usr/bin usr/lib etc/{ssl/certs,ssl/private,ssh,alternatives,perl,python3,python3.11,java-17-openjdk/management,ld.so.conf.d,fonts,ca-certificates} root/.ssh home/alice var/lib
            ln -s usr/bin bin
            echo 'ID=debian' > usr/lib/os-release
            echo 'http 80/tcp' > etc/services
            for f in shadow gshadow sudoers gitconfig npmrc pip.conf machine-info hostname hosts resolv.conf machine-id passwd group profile environment fstab; do echo "$S" > etc/$f; done
            chmod 600 etc/shadow; echo "$S" > etc/ssh/ssh_host_ed25519_key; echo "$S" > etc/ssl/private/key.pem
            echo "$S" > root/.ssh/id_ed25519; echo "$S" > home/alice/.netrc; echo "$S" > var/lib/secret
            # In the allowed places: not for everyone, a key, links to secrets, a folder that not everyone enters
            echo "$S" > etc/perl/password; chmod 640 etc/perl/password
            printf -- '-----BEGIN PRIVATE KEY-----\n%s\n' "$S" > etc/ssl/certs/key-and-cert.pem
            echo public > etc/ssl/certs/public.pem; ln -s public.pem etc/ssl/certs/01234567.0
            ln -s ../private/key.pem etc/ssl/certs/sneaky.pem; ln -s /etc/shadow etc/ssl/certs/shadow.pem; ln -s /root/.ssh/id_ed25519 etc/alternatives/key
            ln -s /usr/bin/mawk etc/alternatives/awk; ln -s /home/alice/bin/editor etc/alternatives/editor
            mkdir etc/python3/closed; echo "$S" > etc/python3/closed/file; chmod 700 etc/python3/closed
            echo "$S" > etc/java-17-openjdk/management/jmxremote.password; chmod 600 etc/java-17-openjdk/management/jmxremote.password
            ln -s /etc/ssh etc/fonts/conf.d; ln -s ../../ssl/private etc/ca-certificates/update.d
            rm -r etc/python3.11; ln -s /root etc/python3.11
            rm etc/services; echo 'http 80/tcp' > etc/services; ln -s shadow etc/protocols; ln -s ../root/.ssh/id_ed25519 etc/rpc
            echo "$S" > etc/ethertypes; chmod 600 etc/ethertypes
            mkfifo etc/mime.types
            """, root, Secret);
        return root;
    }
}
