using AgentSandbox.IntegrationTests.Isolation;

namespace AgentSandbox.IntegrationTests.Seccomp;

/// <summary>The filter in the kernel, not in an interpreter: what it refuses, and that programs people use run under it.</summary>
public class SeccompExecTests
{
    [Fact]
    public async Task The_kernel_reports_the_filter()
    {
        (int exit, string output, _) = await Filtered("cat", "/proc/self/status");
        Assert.Equal(0, exit);
        Assert.Contains("Seccomp:\t2", output, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unshare", "--mount", "true")]
    [InlineData("unshare", "--user", "true")]
    [InlineData("mount", "-t", "tmpfs", "none", "/mnt")]
    [InlineData("umount", "/mnt")]
    [InlineData("chroot", "/", "true")]
    [InlineData("hostname", "another")]
    [InlineData("dmesg", "--syslog")]
    [InlineData("bwrap", "--ro-bind", "/", "/", "true")]
    public async Task Root_may_not(params string[] command)
    {
        Assert.True(File.Exists("/usr/bin/" + command[0]) || File.Exists("/usr/sbin/" + command[0]) || File.Exists("/bin/" + command[0]), $"{command[0]} is not installed");
        (int exit, _, string error) = await Filtered(command);
        Assert.NotEqual(0, exit);
        Assert.Matches("not permitted|denied|must be (superuser|root)", error);
    }

    [Theory]
    [InlineData("make a device", "mknod \"$1/d\" b 7 0", 1)]
    [InlineData("make a fifo", "mknod \"$1/f\" p", 0)]
    [InlineData("set-user-id", "touch \"$1/s\" && chmod 4755 \"$1/s\"", 0)]
    [InlineData("threads and pipes", "seq 1000 | sort -n | tail -1 | grep -x 1000", 0)]
    public async Task A_shell_can(string what, string script, int expected)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("agentsandbox-seccomp-");
        try
        {
            (int exit, _, string error) = await Filtered("sh", "-c", script, "sh", folder.FullName);
            Assert.True((exit == 0) == (expected == 0), $"{what}: exit {exit}: {error}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("touch \"$1/s\" && chmod 4755 \"$1/s\"")]
    [InlineData("touch \"$1/s\" && chmod g+s \"$1/s\"")]
    [InlineData("install -m 4755 /bin/true \"$1/s\"")]
    [InlineData("cp -p /usr/bin/passwd \"$1/s\" && test -u \"$1/s\"")]
    public async Task No_set_id_program_is_left_on_a_folder_of_the_host(string script)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("agentsandbox-seccomp-");
        try
        {
            (int exit, _, string error) = await GuestProgram.RunAsync(GuestProgram.Path, "seccomp-exec", "--deny-set-id-bits", "sh", "-c", script, "sh", folder.FullName);
            Assert.True(exit != 0, error);
            FileInfo[] files = folder.GetFiles("s");
            Assert.True(files.Length == 0 || (files[0].UnixFileMode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) == 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Dotnet_runs() => Assert.Contains(".NET", (await Passes("dotnet", "--info")).Output, StringComparison.Ordinal);

    [Fact]
    public async Task Compilers_git_and_their_programs_run()
    {
        const string Script = """
            cd "$1" && printf '#include <pthread.h>\n#include <stdio.h>\nvoid *f(void*p){return p;}int main(){pthread_t t;pthread_create(&t,0,f,0);pthread_join(t,0);puts("built");}' > a.c &&
            gcc -pthread a.c -o a && ./a && git init -q r && git -C r -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m first && git -C r log --format=%s
            """;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("agentsandbox-seccomp-");
        try
        {
            Assert.Equal("built\nfirst\n", (await Passes("sh", "-c", Script, "sh", folder.FullName)).Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<(int ExitCode, string Output, string Error)> Filtered(params string[] command) =>
        GuestProgram.RunAsync([GuestProgram.Path, "seccomp-exec", .. command]);

    private static async Task<(int ExitCode, string Output, string Error)> Passes(params string[] command)
    {
        (int exit, string output, string error) = await Filtered(command);
        Assert.True(exit == 0, error);
        return (exit, output, error);
    }
}
