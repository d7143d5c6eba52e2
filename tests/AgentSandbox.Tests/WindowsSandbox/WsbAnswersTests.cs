using AgentSandbox.Backends.WindowsSandbox.Cli;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class WsbAnswersTests(ITestOutputHelper output)
{
    private const string Id = "9a2c5e7b-0d1f-4b3a-8c6d-1e2f3a4b5c6d";

    [Fact]
    public void List_reads_none_and_one()
    {
        Assert.Empty(WsbAnswers.ReadList("""{"WindowsSandboxEnvironments":[]}"""));
        Assert.Equal([Id], WsbAnswers.ReadList($$"""{"WindowsSandboxEnvironments":[{"Id":"{{Id.ToUpperInvariant()}}","Other":1}]}""" + "\r\n"));
        Assert.Equal([Id], WsbAnswers.ReadList("\uFEFF{\"WindowsSandboxEnvironments\":[{\"Id\":\"{" + Id + "}\"}]}"));
    }

    [Fact]
    public void Start_reads_both_shapes()
    {
        Assert.Equal(Id, WsbAnswers.ReadStart($$"""{"Id":"{{Id}}"}"""));
        Assert.Equal(Id, WsbAnswers.ReadStart($$"""{"WindowsSandboxEnvironments":[{"Id":"{{Id}}"}]}"""));
    }

    [Theory]
    [InlineData("""{"ExitCode":0}""", 0)]
    [InlineData("""{"ExitCode":7}""", 7)]
    [InlineData("""{"ExitCode":-1073741510}""", -1073741510)]
    [InlineData("""{"ExitCode":3221225786}""", -1073741510)]
    public void Exec_reads_the_commands_own_code(string text, int code) => Assert.Equal(code, WsbAnswers.ReadExec(text));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"exitCode":0}""")]
    [InlineData("""{"ExitCode":null}""")]
    [InlineData("""{"ExitCode":"0"}""")]
    [InlineData("""{"ExitCode":0.5}""")]
    [InlineData("""{"ExitCode":99999999999}""")]
    public void A_missing_exit_code_is_never_zero(string text) => Assert.Throws<WsbException>(() => WsbAnswers.ReadExec(text));

    [Fact]
    public void Ip_reads_addresses()
    {
        Assert.Equal(["172.27.0.2"], WsbAnswers.ReadIp("""{"Networks":[{"IpV4Address":"172.27.0.2"},{"IpV4Address":null}]}"""));
        Assert.Empty(WsbAnswers.ReadIp("""{"Networks":[]}"""));
    }

    public static TheoryData<string> Wrong { get; } =
    [
        "", " ", "null", "[]", "0", "\"text\"", "{", "{}", "not json at all",
        "Windows-Sandbox wurde gestartet.", "Windows サンドボックスを開始できませんでした。", "{\"WindowsSandboxEnvironments\":{}}", "{\"WindowsSandboxEnvironments\":[1]}",
        "{\"WindowsSandboxEnvironments\":[{}]}", "{\"WindowsSandboxEnvironments\":[{\"Id\":\"not a guid\"}]}", "{\"WindowsSandboxEnvironments\":[{\"Id\":1}]}",
        "{\"Id\":null}", "{\"Id\":\"\"}", "{\"Networks\":[{}]}", "{\"Networks\":1}", "{\"ExitCode\":[]}", "{}{}", "{\"Id\":\"" + Id + "\"} Gestartet.",
        "{\"WindowsSandboxEnvironments\":[[[[[[[[[[[[]]]]]]]]]]]]}",
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_not_documented_is_a_failure(string text)
    {
        Assert.Throws<WsbException>(() => WsbAnswers.ReadList(text));
        Assert.Throws<WsbException>(() => WsbAnswers.ReadStart(text));
        Assert.Throws<WsbException>(() => WsbAnswers.ReadExec(text));
        Assert.Throws<WsbException>(() => WsbAnswers.ReadIp(text));
    }

    [Fact]
    public void Start_of_several_or_none_is_a_failure()
    {
        Assert.Throws<WsbException>(() => WsbAnswers.ReadStart("""{"WindowsSandboxEnvironments":[]}"""));
        Assert.Throws<WsbException>(() => WsbAnswers.ReadStart($$"""{"WindowsSandboxEnvironments":[{"Id":"{{Id}}"},{"Id":"{{Id}}"}]}"""));
    }

    [Fact]
    public void Damaged_answers_never_throw_anything_else()
    {
        Random random = Seeded.Create(output);
        string[] good = [$$"""{"WindowsSandboxEnvironments":[{"Id":"{{Id}}"}]}""", $$"""{"Id":"{{Id}}"}""", """{"ExitCode":7}""", """{"Networks":[{"IpV4Address":"1.2.3.4"}]}"""];
        for (int i = 0; i < 4000; i++)
        {
            char[] text = good[random.Next(good.Length)].ToCharArray();
            for (int n = random.Next(4); n >= 0; n--)
            {
                text[random.Next(text.Length)] = (char)random.Next(random.Next(2) == 0 ? 128 : 65536);
            }

            string damaged = new string(text)[..random.Next(text.Length + 1)];
            foreach (Action<string> read in new Action<string>[] { t => WsbAnswers.ReadList(t), t => WsbAnswers.ReadStart(t), t => WsbAnswers.ReadExec(t), t => WsbAnswers.ReadIp(t) })
            {
                Exception? thrown = Record.Exception(() => read(damaged));
                Assert.True(thrown is null or WsbException, $"{thrown} for {damaged}");
            }
        }
    }

    [Theory]
    [InlineData(unchecked((int)0x800401F6), "", WsbStatus.SingleInstance)]
    [InlineData(unchecked((int)0x80070520), "", WsbStatus.NoLogonSession)]
    [InlineData(unchecked((int)0x80070005), "Zugriff verweigert", WsbStatus.AccessDenied)]
    [InlineData(1, "Failed to start process in Windows Sandbox environment: The system cannot find the file specified. (0x80070002)", WsbStatus.FileNotFound)]
    [InlineData(1, "Fehler beim Starten (0x800401f6)", WsbStatus.SingleInstance)]
    [InlineData(1, "at 0x00007FF6 and 0x800401F6", WsbStatus.SingleInstance)]
    [InlineData(1, "at 0x800401F6AA", null)]
    [InlineData(1, "at 0x12345678", null)]
    [InlineData(1, "0x8004", null)]
    [InlineData(1, "0x", null)]
    [InlineData(1, "", null)]
    public void The_status_is_a_number_never_words(int exitCode, string errors, int? status) =>
        Assert.Equal(status, WsbStatus.Find(new ProgramResult(exitCode, "0x80070520", errors)));
}
