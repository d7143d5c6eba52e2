using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.Tests.Remoting;

public sealed class RecordCreditTests
{
    [Fact]
    public async Task Records_are_held_up_until_others_were_taken()
    {
        RecordCredit credit = new();
        credit.Begin();
        for (int i = 0; i < 512; i++)
        {
            Assert.True(credit.TakeAsync(1, default).AsTask().IsCompleted);
        }

        Task waiting = credit.TakeAsync(1, default).AsTask();
        Assert.False(waiting.IsCompleted);
        credit.Release();
        await waiting;
    }

    [Fact]
    public async Task Bytes_count_too_but_one_record_may_be_of_any_size()
    {
        RecordCredit credit = new();
        credit.Begin();
        Assert.True(credit.TakeAsync(int.MaxValue, default).AsTask().IsCompleted);
        Task waiting = credit.TakeAsync(1, default).AsTask();
        Assert.False(waiting.IsCompleted);
        credit.End();
        await waiting;
        Assert.True(credit.TakeAsync(int.MaxValue, default).AsTask().IsCompleted);
    }
}
