using System.Text;
using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Serve.Spawn;
using Xunit.Abstractions;
using GuestCommandLine = AgentSandbox.WindowsGuest.Serve.Spawn.CommandLine;

namespace AgentSandbox.Tests.WindowsGuest;

public sealed class CommandLineTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("", "\"\"")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("C:\\x\\", "C:\\x\\")]
    [InlineData("C:\\x y\\", "\"C:\\x y\\\\\"")]
    [InlineData("say \"hi\"", "\"say \\\"hi\\\"\"")]
    [InlineData("\\\"", "\"\\\\\\\"\"")]
    [InlineData("&|%<>^", "&|%<>^")]
    public void An_argument_is_quoted_as_programs_read_it(string argument, string quoted) => Assert.Equal($"\"C:\\p.exe\" {quoted}", GuestCommandLine.Of("C:\\p.exe", [argument]));

    [Fact]
    public void Any_arguments_come_back_from_the_documented_rules()
    {
        Random random = Seeded.Create(output);
        const string letters = "ab \t\"\\\n\v'%&ä";
        for (int round = 0; round < 20_000; round++)
        {
            string[] arguments = new string[random.Next(6)];
            for (int i = 0; i < arguments.Length; i++)
            {
                arguments[i] = new string([.. Enumerable.Range(0, random.Next(8)).Select(_ => letters[random.Next(letters.Length)])]);
            }

            Assert.Equal(["C:\\Program Files\\p.exe", .. arguments], Split(GuestCommandLine.Of("C:\\Program Files\\p.exe", arguments)));
        }
    }

    [Fact]
    public void A_batch_file_is_run_by_the_interpreter_with_everything_in_quotes() => Assert.Equal(
        "\"C:\\cmd.exe\" /d /e:on /v:off /s /c \"\"C:\\a b.cmd\" \"\" \"x&y|z\" \"!v!\" \"back\\\\\"\"",
        GuestCommandLine.OfBatch("C:\\cmd.exe", "C:\\a b.cmd", ["", "x&y|z", "!v!", "back\\"]));

    [Theory]
    [InlineData("\"")]
    [InlineData("\"&calc&\"")]
    [InlineData("%PATH%")]
    [InlineData("100%")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    public void What_an_interpreter_would_read_otherwise_is_refused(string argument)
    {
        var refused = Assert.Throws<CommandRefusedException>(() => GuestCommandLine.OfBatch("C:\\cmd.exe", "C:\\a.cmd", ["fine", argument]));
        Assert.Equal(FailKind.NotExecutable, refused.Fail.Kind);
    }

    /// <summary>CommandLineToArgvW as its documentation describes it, for a text with a program.</summary>
    private static List<string> Split(string line)
    {
        int end = line.IndexOf('"', 1);
        var arguments = new List<string> { line[1..end] };
        int i = end + 1;
        while (true)
        {
            while (i < line.Length && line[i] is ' ' or '\t')
            {
                i++;
            }

            if (i == line.Length)
            {
                return arguments;
            }

            var argument = new StringBuilder();
            bool quoted = false;
            for (; i < line.Length && (quoted || line[i] is not (' ' or '\t')); i++)
            {
                int backslashes = 0;
                while (i < line.Length && line[i] == '\\')
                {
                    backslashes++;
                    i++;
                }

                if (i < line.Length && line[i] == '"')
                {
                    argument.Append('\\', backslashes / 2);
                    if (backslashes % 2 == 1)
                    {
                        argument.Append('"');
                    }
                    else
                    {
                        quoted = !quoted;
                    }
                }
                else
                {
                    argument.Append('\\', backslashes);
                    i--; // What is here is looked at again by the loop, as an ordinary character or as the end.
                    if (backslashes == 0)
                    {
                        i++;
                        argument.Append(line[i]);
                    }
                }
            }

            arguments.Add(argument.ToString());
        }
    }

    [Theory]
    [InlineData(@"""C:\w\cmd.exe"" /d /s /c ""echo ""a b"" & dir""", "/d", "/s", "/c", @"echo ""a b"" & dir")]
    [InlineData(@"""C:\w\cmd.exe"" /s /C ""echo a""", "/C", "echo a")]
    [InlineData(@"""C:\w\cmd.exe"" /d /v:on /s /k """"", "/d", "/v:on", "/k", "")]
    public void A_line_for_cmd_is_passed_on_as_it_stands(string expected, params string[] arguments) =>
        Assert.Equal(expected, GuestCommandLine.OfShellLine(@"C:\w\cmd.exe", arguments));

    [Theory]
    [InlineData("/c")]
    [InlineData("/c", "echo", "a")]
    [InlineData("x", "/c", "echo a")]
    [InlineData("/d \"x", "/c", "echo a")]
    [InlineData("/?")]
    public void What_is_no_line_for_cmd_is_quoted_as_for_any_program(params string[] arguments) =>
        Assert.Null(GuestCommandLine.OfShellLine(@"C:\w\cmd.exe", arguments));
}
