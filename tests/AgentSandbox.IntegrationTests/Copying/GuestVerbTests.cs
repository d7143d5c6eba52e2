using System.Diagnostics;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.IntegrationTests.Copying;

/// <summary>The guest program's own side of a copy, run as it is inside a sandbox: a static program without any tool around it.</summary>
public sealed class GuestVerbTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("agentsandbox-verbs-").FullName;

    private static string Guest => Path.Combine(Programs.Folder, "agentsandbox-guest");

    public void Dispose() => AgentSandbox.Copying.Files.SafeDelete.Tree(_work);

    [Fact]
    public void What_one_verb_writes_the_other_unpacks_in_a_root_that_holds_nothing_else()
    {
        string root = Directory.CreateDirectory(Path.Combine(_work, "root")).FullName;
        File.Copy(Guest, Path.Combine(root, "guest"));
        Directory.CreateDirectory(Path.Combine(root, "project"));
        Directory.CreateDirectory(Path.Combine(root, "data/sub"));
        File.WriteAllText(Path.Combine(root, "data/sub/file"), "content");
        File.CreateSymbolicLink(Path.Combine(root, "data/link"), "/absolute");
        (int code, string output, string error) = Shell("chroot $0 /guest tar-create /data | chroot $0 /guest tar-extract /project data", root);
        Assert.Equal((0, "/project/data", ""), (code, output, error));
        Assert.Equal("content", File.ReadAllText(Path.Combine(root, "project/data/sub/file")));
        Assert.Equal("/absolute", new FileInfo(Path.Combine(root, "project/data/link")).LinkTarget);
    }

    [Theory]
    [InlineData("tar-create /no/such", CopyExitCode.NotFound)]
    [InlineData("tar-create /dev/null", CopyExitCode.Refused)]
    [InlineData("tar-create", CopyExitCode.Failed)]
    [InlineData("tar-extract /no/such/place x", CopyExitCode.NotFound)]
    [InlineData("tar-extract /tmp x", CopyExitCode.Failed)]
    public void What_can_not_be_done_is_an_exit_code_and_one_line(string arguments, int expected)
    {
        (int code, _, string error) = Shell($"$0 {arguments} </dev/null", Guest);
        Assert.Equal(expected, code);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.StartsWith(CopyReport.Error, error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unreadable_file_is_a_note_and_the_rest_arrives()
    {
        Shell("mkdir $0/d && echo 1 > $0/d/open && echo 2 > $0/d/closed && chmod 600 $0/d/closed && chmod 711 $0 && chmod 755 $0/d", _work);
        (int code, _, string error) = Shell($"cp {Guest} $0/guest && setpriv --reuid 65534 --regid 65534 --clear-groups $0/guest tar-create $0/d > $0/archive", _work);
        Assert.Equal(0, code);
        Assert.StartsWith("note: closed: ", error, StringComparison.Ordinal);
        Assert.Equal(["item/", "item/open"], Shell("tar tf $0/archive", _work).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void GNU_tar_reads_what_the_guest_writes_and_the_other_way_round()
    {
        string script = """
            set -e; cd "$0"; mkdir -p a/b out
            for i in $(seq 0 130); do head -c $((i * 37)) /dev/urandom > "a/b/f$i"; done
            mkdir -p "a/$(printf 'n%.0s' $(seq 200))"; echo deep > a/n*/"$(printf 'm%.0s' $(seq 200))" 2>/dev/null || (cd a/n* && echo deep > "$(printf 'm%.0s' $(seq 200))")
            ln -s "$(printf 't%.0s' $(seq 200))" a/long; truncate -s 9G a/large
            "$1" tar-create "$0/a" | tar -xf - -C out --exclude=item/large; diff -r --no-dereference --exclude=large a out/item
            rm a/large
            for format in ustar gnu posix; do
              [ $format = ustar ] && exclude='--exclude=n*/m* --exclude=long' || exclude=
              tar --format=$format --transform='s,^a,item,S' -cf - $exclude a | "$1" tar-extract "$0/$format" x >/dev/null
              [ $format = ustar ] && diff -r a/b ustar/b || diff -r --no-dereference a "$format"
            done
            """;
        (int code, string output, string error) = Shell(script, _work, Guest);
        Assert.True(code == 0, output + error);
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_verb()
    {
        (int code, _, _) = Shell("set -o pipefail; $0 tar-create /usr/lib 2>/dev/null | head -c 100 >/dev/null", Guest);
        Assert.Equal(CopyExitCode.Failed, code);
    }

    private static (int Code, string Output, string Error) Shell(string script, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
