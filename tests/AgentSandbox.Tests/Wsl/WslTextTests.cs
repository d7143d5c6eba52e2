using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Wsl;

public sealed class WslTextTests(ITestOutputHelper output)
{
    private static readonly UnicodeEncoding s_utf16 = new(bigEndian: false, byteOrderMark: false);

    [Theory]
    [InlineData("There is no distribution with the supplied name.\r\nError code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n")]
    [InlineData("Es ist keine Distribution mit dem angegebenen Namen vorhanden.\r\nFehlercode: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n")]
    [InlineData("提供された名前のディストリビューションはありません。\r\nエラー コード: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n")]
    [InlineData("  NAME      STATE           VERSION\r\n* Ubuntu    Running         2\r\n")]
    [InlineData("")]
    public void Both_encodings_are_told_apart_by_their_bytes(string text)
    {
        Assert.Equal(text, WslText.Decode(s_utf16.GetBytes(text)));
        Assert.Equal(text, WslText.Decode(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(text, WslText.Decode([.. Encoding.Unicode.GetPreamble(), .. s_utf16.GetBytes(text)]));
        Assert.Equal(text, WslText.Decode([.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(text)]));
    }

    [Fact]
    public void Any_line_survives_either_encoding()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 2000; i++)
        {
            // Whatever the language: a line has an end, and the end is what tells.
            string line = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next(0x20, 0xD7FF))) + "\r\n";
            Assert.Equal(line, WslText.Decode(s_utf16.GetBytes(line)));
            Assert.Equal(line, WslText.Decode(Encoding.UTF8.GetBytes(line)));
        }
    }

    [Fact]
    public void Any_bytes_become_some_text()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            _ = WslErrorCode.Find(WslText.Decode(bytes));
            _ = WslDistribution.ParseList(WslText.Decode(bytes));
            _ = WslVersion.Parse(WslText.Decode(bytes));
        }
    }

    [Theory]
    [InlineData("Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n", "Wsl/Service/WSL_E_DISTRO_NOT_FOUND", "WSL_E_DISTRO_NOT_FOUND")]
    [InlineData("Fehlercode: Wsl/ERROR_FILE_NOT_FOUND\r\n", "Wsl/ERROR_FILE_NOT_FOUND", "ERROR_FILE_NOT_FOUND")]
    [InlineData("错误代码：Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED", "Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED", "HCS_E_HYPERV_NOT_INSTALLED")]
    [InlineData("Error code: Wsl/Service/0x8007273d", "Wsl/Service/0x8007273d", "0x8007273d")]
    [InlineData("'Wsl/not this' failed.\r\nError code: Wsl/Service/E_FAIL\r\n", "Wsl/Service/E_FAIL", "E_FAIL")]
    [InlineData("Error code: Wsl/Service/E_FAIL.", "Wsl/Service/E_FAIL", "E_FAIL")]
    public void The_token_is_found_in_any_language(string text, string token, string name)
    {
        Assert.Equal(token, WslErrorCode.Find(text));
        Assert.Equal(name, WslErrorCode.Name(token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing of the kind")]
    [InlineData("C:/Users/x/Wsl/file")]
    [InlineData("Wsl/")]
    [InlineData("aWsl/E_FAIL")]
    public void What_is_no_token_is_none(string text) => Assert.Null(WslErrorCode.Find(text));

    [Theory]
    [InlineData(-1, true)]
    [InlineData(255, true)]
    [InlineData(1, false)]
    [InlineData(67, false)]
    public void Only_minus_one_is_wsls_own_failure(int exitCode, bool isOwn)
    {
        var result = new WslResult(exitCode, Encoding.UTF8.GetBytes("x\r\nError code: Wsl/E_FAIL\r\n"), []);
        Assert.Equal(isOwn, result.IsOwnFailure);
        Assert.Equal(isOwn ? "Wsl/E_FAIL" : null, result.ErrorCode);
    }

    [Fact]
    public void A_failure_without_words_still_says_something() => Assert.Equal("wsl.exe ended with exit code 255 and said nothing.", new WslResult(255, [], []).Message);

    [Theory]
    [InlineData("WSL version: 2.4.13.0\r\nKernel version: 5.15.167.4-1\r\n", "2.4.13.0")]
    [InlineData("WSL-Version: 0.67.6.0\r\nKernelversion: 5.15\r\n", "0.67.6.0")]
    [InlineData("WSL バージョン: 2.0.9.0\r\n", "2.0.9.0")]
    [InlineData("WSL 版本： 2.0.9.0\r\n", "2.0.9.0")]
    [InlineData("Version WSL : 2.1.5\r\n", "2.1.5")]
    [InlineData("", null)]
    [InlineData("Invalid command line option: --version\r\n", null)]
    [InlineData("Kernel version: 5.15.167.4-1\r\n", null)]
    public void The_version_is_the_first_lines(string text, string? version) => Assert.Equal(version is null ? null : Version.Parse(version), WslVersion.Parse(text));
}
