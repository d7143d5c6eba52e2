using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Serve;
using AgentSandbox.WindowsGuest.Serve.Spawn;

namespace AgentSandbox.Tests.WindowsGuest;

public sealed class SpawnTests
{
    [Fact]
    public void A_bare_name_is_searched_where_PATH_says_and_nowhere_else()
    {
        string[] found = [.. ProgramSearch.Candidates("tool", "C:\\work", "C:\\one;;\"C:\\t w o\\\";relative;.", ".EXE;.JS;.CMD")];
        Assert.Equal(["C:\\one\\tool.EXE", "C:\\one\\tool.CMD", "C:\\t w o\\tool.EXE", "C:\\t w o\\tool.CMD"], found);
    }

    [Fact]
    public void A_path_is_taken_as_it_is_or_from_the_working_folder()
    {
        Assert.Equal(["C:\\x\\tool.exe", "C:\\x\\tool.exe.COM"], ProgramSearch.Candidates("C:\\x\\tool.exe", "C:\\work", "C:\\one", null).Take(2));
        Assert.Equal("C:\\work\\bin\\tool.exe", ProgramSearch.Candidates("bin\\tool.exe", "C:\\work", "C:\\one", null).First());
        Assert.Empty(ProgramSearch.Candidates("", "C:\\work", "C:\\one", null));
        Assert.Empty(ProgramSearch.Candidates("a\"b", "C:\\work", "C:\\one", null));
    }

    [Theory]
    [InlineData("C:\\a.cmd", true)]
    [InlineData("C:\\a.BAT", true)]
    [InlineData("C:\\a.bat.. .", true)]
    [InlineData("C:\\a.exe", false)]
    public void Batch_files_are_known_by_the_name_that_Windows_sees(string path, bool isBatch) => Assert.Equal(isBatch, ProgramSearch.IsBatch(path));

    [Theory]
    [InlineData("C:\\", true)]
    [InlineData("c:/x", true)]
    [InlineData("\\\\server\\share", true)]
    [InlineData("C:", false)]
    [InlineData("C:x", false)]
    [InlineData("\\x", false)]
    [InlineData("/", false)]
    [InlineData("1:\\x", false)]
    public void Absolute_paths(string path, bool isAbsolute) => Assert.Equal(isAbsolute, ProgramSearch.IsAbsolute(path));

    [Fact]
    public void An_environment_is_a_logons_overlaid_in_any_case_and_sorted()
    {
        var environment = new CommandEnvironment(
            new Dictionary<string, string> { ["Path"] = "C:\\windows", ["b"] = "1", ["TEMP"] = "t" },
            new Dictionary<string, string> { ["PATH"] = "D:\\", ["a"] = "x=y" });
        Assert.Equal("a=x=y\0b=1\0PATH=D:\\\0TEMP=t\0\0", environment.ToBlock());
        Assert.Equal("D:\\", environment.Get("path"));
        Assert.Equal("\0\0", new CommandEnvironment([], []).ToBlock());
    }

    [Fact]
    public void Requests_that_Windows_can_not_do_are_refused()
    {
        OpenMessage open = new() { Arguments = ["x"] };
        Assert.Equal(["x"], OpenValidation.Check(open, _ => false).Arguments);
        Assert.Equal("me", OpenValidation.Check(open with { User = "me" }, u => u == "me").User);
        foreach ((OpenMessage message, string kind) in new[]
        {
            (open with { Arguments = [] }, FailKind.Protocol),
            (open with { Arguments = null! }, FailKind.Protocol),
            (open with { Arguments = ["x\0y"] }, FailKind.Protocol),
            (open with { Environment = new Dictionary<string, string> { ["a=b"] = "" } }, FailKind.Protocol),
            (open with { Environment = new Dictionary<string, string> { ["a"] = null! } }, FailKind.Protocol),
            (open with { WorkingDirectory = "x" }, FailKind.WorkingDirectory),
            (open with { User = "root" }, FailKind.User),
            (open with { Self = true, Arguments = ["serve"] }, FailKind.CommandNotFound),
            (open with { Self = true, Arguments = ["ctrl-break", "4"] }, FailKind.CommandNotFound),
        })
        {
            Assert.Equal(kind, Assert.Throws<CommandRefusedException>(() => OpenValidation.Check(message, _ => false)).Fail.Kind);
        }
    }

    [Fact]
    public void Options_of_serve()
    {
        Assert.Equal(new ServeOptions("d", "u", null), ServeOptions.Parse(["--down", "d", "--up", "u"]));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), ServeOptions.Parse(["--down", "d", "--up", "u", "--expires", "2026-01-02T03:04:05Z"]).Expires);
        foreach (string[] wrong in new string[][] { [], ["--down", "d"], ["--down"], ["--down", "d", "--up", "u", "--expires", "soon"], ["--down", "d", "--down", "d", "--up", "u"], ["--x", "y"] })
        {
            Assert.Throws<FormatException>(() => ServeOptions.Parse(wrong));
        }
    }
}
