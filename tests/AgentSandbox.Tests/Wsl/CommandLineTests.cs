using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Wsl;

/// <summary>The command line of a detached wsl.exe, against the rules of CommandLineToArgvW.</summary>
public sealed class CommandLineTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData(@"C:\dir\", @"C:\dir\")]
    [InlineData(@"C:\my dir\", @"""C:\my dir\\""")]
    [InlineData("say \"x\"", "\"say \\\"x\\\"\"")]
    public void Words_are_quoted_as_windows_wants_it(string word, string quoted) => Assert.Equal($"wsl.exe {quoted}", DetachedProcess.CommandLine(["wsl.exe", word]));

    [Fact]
    public void Any_words_come_apart_as_they_were()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 5000; i++)
        {
            string[] words = ["wsl.exe", .. Enumerable.Range(0, random.Next(6)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "a\\\" \tb"[random.Next(6)])))];
            Assert.Equal(words, Split(DetachedProcess.CommandLine(words)));
        }
    }

    /// <summary>The documented rules: 2n backslashes and a quote are n and the quote's meaning; 2n+1 are n and a quote; backslashes elsewhere are themselves.</summary>
    private static List<string> Split(string line)
    {
        var words = new List<string>();
        for (int i = 0; i < line.Length;)
        {
            if (line[i] is ' ' or '\t')
            {
                i++;
                continue;
            }

            var word = new StringBuilder();
            for (bool isQuoted = false; i < line.Length && (isQuoted || line[i] is not (' ' or '\t'));)
            {
                int backslashes = 0;
                for (; i < line.Length && line[i] == '\\'; i++)
                {
                    backslashes++;
                }

                if (i < line.Length && line[i] == '"')
                {
                    word.Append('\\', backslashes / 2);
                    if (backslashes % 2 == 1)
                    {
                        word.Append('"');
                    }
                    else
                    {
                        isQuoted = !isQuoted;
                    }

                    i++;
                }
                else
                {
                    word.Append('\\', backslashes);
                    if (backslashes == 0)
                    {
                        word.Append(line[i++]);
                    }
                }
            }

            words.Add(word.ToString());
        }

        return words;
    }
}
