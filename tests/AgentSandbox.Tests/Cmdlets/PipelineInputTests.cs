using AgentSandbox.PowerShell.Invocation;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Cmdlets;

public sealed class PipelineInputTests(ITestOutputHelper output)
{
    [Fact]
    public async Task What_is_appended_is_read_in_order_whatever_the_sizes()
    {
        Random random = Seeded.Create(output);
        byte[] sent = new byte[5 * 1024 * 1024];
        random.NextBytes(sent);
        using SemaphoreSlim room = new(0);
        using PipelineInput input = new(() => room.Release());
        using MemoryStream received = new();
        int readSize = random.Next(1, 200_000);
        Task reader = Task.Run(() => input.CopyToAsync(received, readSize));
        for (int start = 0; start < sent.Length;)
        {
            int taken = input.Append(sent.AsSpan(start, Math.Min(sent.Length - start, random.Next(1, 300_000))));
            start += taken;
            if (taken == 0)
            {
                await room.WaitAsync(TimeSpan.FromSeconds(30)); // A missed wake-up would make this test stand still.
            }
        }

        input.Complete();
        await reader.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public void It_is_bounded()
    {
        using PipelineInput input = new(static () => { });
        byte[] block = new byte[64 * 1024];
        long total = 0;
        for (int taken; (taken = input.Append(block)) > 0;)
        {
            total += taken;
            Assert.True(total <= 16 * 1024 * 1024);
        }

        Assert.Equal(0, input.Append(block));
    }

    [Fact]
    public async Task Who_appends_does_not_wait_for_a_reader_that_is_gone()
    {
        int woken = 0;
        PipelineInput input = new(() => woken++);
        while (input.Append(new byte[64 * 1024]) > 0)
        {
        }

        await input.DisposeAsync();
        Assert.Equal(1, woken);
        Assert.Equal(1000, input.Append(new byte[1000]));
        Assert.Equal(0, await input.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task The_end_comes_after_what_is_there()
    {
        using PipelineInput input = new(static () => { });
        Task<int> early = input.ReadAsync(new byte[10]).AsTask();
        Assert.False(early.IsCompleted);
        input.Append([1, 2, 3]);
        Assert.Equal(3, await early.WaitAsync(TimeSpan.FromSeconds(30)));
        input.Append([4]);
        input.Complete();
        Assert.Equal(1, await input.ReadAsync(new byte[10]));
        Assert.Equal(0, await input.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task A_read_can_be_cancelled()
    {
        using PipelineInput input = new(static () => { });
        using CancellationTokenSource cancel = new();
        Task<int> read = input.ReadAsync(new byte[10], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }
}
