using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.Tests.Remoting;

public sealed class HeapCreditTests
{
    private const long Limit = 6400;
    private const int Step = (int)(Limit / 64);

    private long _memory = 1000;
    private int _looks;

    [Fact]
    public async Task A_command_that_sends_much_passes_as_long_as_memory_does_not_grow()
    {
        HeapCredit credit = Begin(() => _memory);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(await credit.TakeAsync(Step, default));
        }
    }

    [Fact]
    public async Task It_is_held_up_while_memory_is_grown_and_goes_on_when_it_shrinks()
    {
        HeapCredit credit = Begin(() => ++_looks < 10 ? _memory : 1000);
        _memory += Limit + 1;
        Assert.True(await credit.TakeAsync(Step, default));
        Assert.True(_looks >= 10);
    }

    [Fact]
    public async Task What_was_there_before_does_not_count()
    {
        HeapCredit credit = new("s", _ => _memory, TimeSpan.FromMilliseconds(1), Limit);
        _memory = 100 * Limit;
        credit.Sent("<Command PSGuid='x' />");
        Assert.True(await credit.TakeAsync(10 * Step, default));
    }

    [Fact]
    public async Task Memory_that_nobody_lets_go_of_ends_the_session()
    {
        HeapCredit credit = Begin(() => _memory);
        _memory += Limit + 1;
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(async () => await credit.TakeAsync(Step, default));
        Assert.Equal(SandboxErrorId.ResourceExhausted, e.ErrorId);
        Assert.Contains("Invoke-InSandbox", e.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_command_that_was_stopped_nothing_more_is_kept_so_that_its_end_is_found()
    {
        HeapCredit credit = Begin(() => _memory);
        _memory += Limit + 1;
        credit.Sent("<Signal PSGuid='x' />");
        Assert.False(await credit.TakeAsync(Step, default));
        Assert.False(await credit.TakeAsync(1, default));
        credit.Sent("<Command PSGuid='y' />");
        Assert.True(await credit.TakeAsync(1, default));
    }

    [Fact]
    public async Task A_closed_connection_ends_the_waiting()
    {
        using CancellationTokenSource closed = new(TimeSpan.FromMilliseconds(20));
        HeapCredit credit = new("s", _ => _memory, TimeSpan.FromHours(1), Limit);
        credit.Sent("<Command PSGuid='x' />");
        _memory += Limit + 1;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await credit.TakeAsync(Step, closed.Token));
    }

    private static HeapCredit Begin(Func<long> memory)
    {
        HeapCredit credit = new("s", _ => memory(), TimeSpan.FromMilliseconds(1), Limit);
        credit.Sent("<Command PSGuid='x' />");
        return credit;
    }
}
