using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Invocation;

namespace AgentSandbox.Tests.Cmdlets;

public sealed class CollectedInputTests
{
    [Fact]
    public void Every_reader_reads_all_of_it_from_the_start()
    {
        using CollectedInput input = new();
        input.Append("ab"u8);
        input.Append("c"u8);
        foreach (Stream reader in new[] { input.OpenRead(), input.OpenRead() })
        {
            Assert.Equal("abc", new StreamReader(reader).ReadToEnd());
        }
    }

    [Fact]
    public void More_than_may_be_kept_in_memory_is_an_error_that_says_what_to_do()
    {
        using CollectedInput input = new(limit: 4);
        input.Append("abcd"u8);
        SandboxException e = Assert.Throws<SandboxException>(() => input.Append("e"u8));
        Assert.Equal(CmdletErrorId.InputTooLarge, e.ErrorId);
        Assert.Contains("4 B", e.Message, StringComparison.Ordinal);
        Assert.Contains("Copy-SandboxItem", e.RecommendedAction, StringComparison.Ordinal);
    }
}
