using AgentSandbox.Copying.Windows;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.WindowsGuest;

public sealed class WindowsFileNameTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("a")]
    [InlineData("read me.txt")]
    [InlineData(".gitignore")]
    [InlineData("...x")]
    [InlineData(" leading")]
    [InlineData("Grüße – 東京 😀")]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("com10")]
    [InlineData("comx")]
    [InlineData("lpt1x.txt")]
    [InlineData("a.con")]
    [InlineData("nul_")]
    public void Ordinary_names_are_allowed(string name) => Assert.Null(WindowsFileName.Problem(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("...")]
    [InlineData("a:b")]
    [InlineData("file.txt::$DATA")]
    [InlineData("a\\b")]
    [InlineData("a/b")]
    [InlineData("a*")]
    [InlineData("a?")]
    [InlineData("a\"b")]
    [InlineData("a<b")]
    [InlineData("a|b")]
    [InlineData("a\u0001")]
    [InlineData("a\nb")]
    [InlineData("\0")]
    [InlineData("con")]
    [InlineData("CON.txt")]
    [InlineData("nul.tar.gz")]
    [InlineData("Aux")]
    [InlineData("prn .txt")]
    [InlineData("com1")]
    [InlineData("COM0.log")]
    [InlineData("lpt9")]
    [InlineData("com¹")]
    [InlineData("LPT³.x")]
    [InlineData("conin$")]
    [InlineData("CONOUT$")]
    public void What_Windows_would_make_something_else_of_is_refused(string name) => Assert.NotNull(WindowsFileName.Problem(name));

    [Fact]
    public void Half_a_character_is_refused() // No InlineData: the runner would make valid text of it.
    {
        Assert.False(WindowsFileName.IsAllowed("a\ud800"));
        Assert.False(WindowsFileName.IsAllowed("\udc00a"));
        Assert.False(WindowsFileName.IsAllowed("\ud800\ud800"));
    }

    [Fact]
    public void The_longest_name_is_allowed_and_no_longer_one()
    {
        Assert.True(WindowsFileName.IsAllowed(new string('x', WindowsFileName.MaxLength)));
        Assert.False(WindowsFileName.IsAllowed(new string('x', WindowsFileName.MaxLength + 1)));
    }

    [Fact]
    public void No_allowed_name_has_what_a_path_or_a_device_is_made_of()
    {
        Random random = Seeded.Create(output);
        const string alphabet = "conaulptm0123. :/\\$¹²x\u0007";
        for (int round = 0; round < 200_000; round++)
        {
            char[] letters = new char[random.Next(1, 8)];
            for (int i = 0; i < letters.Length; i++)
            {
                letters[i] = alphabet[random.Next(alphabet.Length)];
            }

            string name = new(letters);
            if (WindowsFileName.IsAllowed(name))
            {
                Assert.DoesNotContain(name, c => c is ':' or '/' or '\\' or < ' ');
                Assert.False(name[^1] is '.' or ' ');
                string stem = name.Split('.')[0].TrimEnd();
                Assert.False(stem is "con" or "nul" or "aux" or "com1" or "lpt1", name);
            }
        }
    }
}
