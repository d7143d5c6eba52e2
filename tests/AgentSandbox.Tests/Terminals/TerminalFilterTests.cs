using System.Text;
using System.Text.RegularExpressions;
using AgentSandbox.Terminals;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Terminals;

public sealed partial class TerminalFilterTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("plain text\r\n\ttabbed\b\a")]
    [InlineData("\e[1;31mred\e[0m \e[38;2;1;2;3m \e[4:3m")]
    [InlineData("\e[2J\e[H\e[10;20H\e[K\e[?25l\e[?1049h\e[?1000;1006h\e[?2004h\e[!p\e7\e8\ec\e(B\e#8\e%G")]
    [InlineData("\e]0;title\a\e]2;title\e\\\e]8;;https://example.org/\e\\link\e]8;;\e\\\e]133;A\a")]
    [InlineData("\e]4;1;rgb:ff/00/00\a\e]11;?\a\e]104\a\e]104\e\\\e]112\a")]
    [InlineData("\e[c\e[>c\e[6n\e[5n\e[?25$p\e[18t\e[14t\e[22;0t\e[23;0t")]
    [InlineData("\eP$q m\e\\\eP+q544e\e\\\eP0;0;8q#0;2;0;0;0\e\\\eP=1s\e\\")]
    [InlineData("h\u00e9llo \u4e16\u754c \U0001F427 \u011b")]
    [InlineData("\e[4h\e[>4;2m\e[>1u\e[2 q\e[3;10r\e=\e>\u000e\u000f")]
    [InlineData("a\e[1\r\n0Cb")]
    public void What_programs_need_passes_unchanged(string text) => Assert.Equal(text.Replace("\e[1\r\n0C", "\r\n\e[10C", StringComparison.Ordinal), Filter(text));

    public static TheoryData<string, string> Dangers => new()
    {
        { "writes the clipboard", "\e]52;c;cm0gLXJmIC8=\a" },
        { "writes the clipboard, with another end", "\e]52;c;cm0gLXJmIC8=\e\\" },
        { "reads the clipboard", "\e]52;c;?\a" },
        { "clipboard with zeros before the number", "\e]00052;c;eA==\a" },
        { "clipboard by the C1 control in UTF-8", "\u009d52;c;eA==\u009c" },
        { "clipboard behind control characters", "\e]5\n2;c;eA==\a" },
        { "clipboard of kitty", "\e]5522;type=read\e\\" },
        { "iTerm2's files, uploads and clipboard", "\e]1337;File=name=eA==;inline=0:eA==\a" },
        { "iTerm2's copying", "\e]1337;CopyToClipboard=\a" },
        { "notification or macro", "\e]9;6;\"Shell\"\a" },
        { "notification of urxvt", "\e]777;notify;a;b\a" },
        { "log file of xterm", "\e]46;/root/.bashrc\a" },
        { "font, whose answer has its own text", "\e]50;?\a" },
        { "folder for new windows", "\e]7;file:///etc\a" },
        { "icon of Sun", "\e]l;title\e\\" },
        { "number that is none", "\e]0x;title\a" },
        { "nothing at all", "\e];x\a" },
        { "title as if typed", "\e[21t" },
        { "title as if typed, with zeros and more", "\e[0021;0t" },
        { "icon's name as if typed", "\e[20t" },
        { "title as if typed, by C1", "\u009b21t" },
        { "printing", "\e[5i" },
        { "printing, private", "\e[?5i" },
        { "what is on the screen", "\e[1;1;1;1;24;80*y" },
        { "keys of the user's", "\eP0;1|17/6c730d\e\\" },
        { "keys of the user's, by C1", "\u00900;1|17/6c730d\u009c" },
        { "passed on by tmux", "\ePtmux;\e\e]52;c;eA==\a\e\\" },
        { "files of kitty", "\e_Gt=f,a=T;L2V0Yy9wYXNzd2Q=\e\\" },
        { "privacy message", "\e^x\e\\" },
        { "start of string", "\eXx\e\\" },
        { "answerback", "\u0005" },
        { "answerback in a sequence", "\e[1\u00050m" },
        { "endless parameters", "\e[" + new string('0', 300) + "21t" },
        { "endless number", "\e]" + new string('0', 300) + "52;c;eA==\a" },
    };

    [Theory, MemberData(nameof(Dangers))]
    public void What_reaches_beyond_the_screen_does_not_arrive(string what, string text)
    {
        string filtered = Filter("<" + text + ">");
        Assert.NotNull(what);
        Assert.StartsWith("<", filtered, StringComparison.Ordinal);
        Assert.EndsWith(">", filtered, StringComparison.Ordinal);
        Assert.DoesNotMatch(Danger(), filtered);

        // And in whatever slices.
        Assert.Equal(filtered, Sliced("<" + text + ">", new Random(1)));
    }

    [Fact]
    public void A_string_that_passes_can_not_carry_one_that_does_not()
    {
        foreach (string inner in (string[])["\e]52;c;eA==\a", "\u009d52;c;eA==\u009c", "\u009b21t", "\e[21t", "\eP0;1|17/6c\e\\"])
        {
            foreach (string outer in (string[])["\e]0;title", "\eP$q", "\e]8;;x", "\e[1;", "\e]", "\eP", "\e("])
            {
                Assert.DoesNotMatch(Danger(), Filter(outer + inner + ">"));
            }
        }

        // A terminal that does not read UTF-8 takes the bytes themselves.
        foreach (byte[] raw in (byte[][])[[0x9B, .. "21t"u8], [0x9D, .. "52;c;eA==\a"u8], [0x90, .. "0;1|17/6c\e\\"u8]])
        {
            Assert.DoesNotMatch(Danger(), Encoding.Latin1.GetString(new TerminalFilter().Filter([.. "\e]0;t"u8, .. raw])));
            Assert.DoesNotMatch(Danger(), Encoding.Latin1.GetString(new TerminalFilter().Filter(raw)));
        }
    }

    [Fact]
    public void Slices_make_no_difference_and_nothing_dangerous_comes_out_of_any_mixture()
    {
        Random random = Seeded.Create(output);
        string[] parts = [.. Dangers.Select(d => (string)d[1]), "\e", "\e[", "\e]", "\eP", "\e\\", "\a", "\u009c", "\u0018", "5", "2", ";", "21t", "52;c;x", "text", "\u4e16", "\u00c2", "\e[?1049h", "\e]0;t\a", "\r\n"];
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]));
            string whole = Filter(text);
            Assert.Equal(whole, Sliced(text, random));
            Assert.DoesNotMatch(Danger(), whole);
        }

        for (int round = 0; round < 300; round++)
        {
            byte[] garbage = new byte[random.Next(1, 2000)];
            random.NextBytes(garbage);
            Assert.DoesNotMatch(Danger(), Encoding.UTF8.GetString(new TerminalFilter().Filter(garbage)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_control_arrive_as_they_are()
    {
        byte[] text = [.. Encoding.UTF8.GetBytes("\u00a0\u00ff\u0400\u07ff\u0800\uffff\U00010000\U0010FFFF\u011b"), 0xFF, 0xFE, 0xE4, (byte)'x'];
        Assert.Equal(text, new TerminalFilter().Filter(text).ToArray());
    }

    [Fact]
    public void What_was_changed_is_taken_back_and_nothing_else()
    {
        var filter = new TerminalFilter();
        Assert.Equal("\e[0m", Restored(filter));
        filter.Filter("\e[?1049h\e[?1000;1006h\e[?25l\e=\e[1;5r\e[4h\e[2 q\e[>1u"u8);
        string restored = Restored(filter);
        foreach (string expected in (string[])["\e[?1049l", "\e[?1000l", "\e[?1006l", "\e[?25h", "\e>", "\e7\e[r\e8", "\e[4l", "\e[0 q", "\e[<9u"])
        {
            Assert.Contains(expected, restored, StringComparison.Ordinal);
        }

        Assert.Equal("\e[0m", Restored(filter));
        filter.Filter("\e[?1049h\e[?25l\e[?2004h\e[?2004l\e[?25h\e[?1049l"u8);
        Assert.Equal("\e[0m", Restored(filter)); // The program has done it.
        filter.Filter("\e]0;half a tit"u8);
        Assert.Equal("\e\\\e[0m", Restored(filter));
    }

    [Fact]
    public void Questions_that_are_answered_as_ours_is_are_counted()
    {
        var filter = new TerminalFilter();
        filter.Filter("\e[c\e[0c\eZ\u009bc\e[>c\e[=c\e[?1c\e[6n"u8);
        Assert.Equal(4, filter.Questions);

        var answers = new AnswerCounter();
        answers.Take("x\e[?62;c\e[?6"u8);
        answers.Take("4;1;2cabc\e[>0;1c\e[?c"u8);
        answers.Take("\e\e[?1;2c"u8);
        Assert.Equal(4, answers.Count);
    }

    private static string Restored(TerminalFilter filter) => Encoding.ASCII.GetString(filter.Restore());

    private static string Filter(string text) => Encoding.UTF8.GetString(new TerminalFilter().Filter(Encoding.UTF8.GetBytes(text)));

    private static string Sliced(string text, Random random)
    {
        var filter = new TerminalFilter();
        using var result = new MemoryStream();
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        while (!rest.IsEmpty)
        {
            int count = random.Next(1, Math.Min(rest.Length, 5) + 1);
            result.Write(filter.Filter(rest[..count]));
            rest = rest[count..];
        }

        return Encoding.UTF8.GetString(result.ToArray());
    }

    // Written by hand and not by the filter's rules: what a terminal would begin to obey.
    [GeneratedRegex("(\e\\]|\u009d)([^0-9]|[0-9]*[^0-9;\a\e\u009c]|0*(52|50|7|9|46|777|1337|5522|5113);)|(\e\\[|\u009b)(0*2[01](;[0-9;]*)?t|[0-9;?]*i|[0-9;]*\\*y)|(\eP|\u0090)([0-9;]*\\||tmux)|\e[_^X]|\u0005", RegexOptions.CultureInvariant)]
    private static partial Regex Danger();
}
