
namespace AgentSandbox.Tests.Connection;

/// <summary>Waits that turn a hang into a failure. The time is no measure of speed: nothing here depends on it unless something hangs.</summary>
internal static class Waiting
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(s_hang);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(s_hang);

    public static async Task<SandboxException> FailsWith(this Task task, string errorId)
    {
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => task.WaitAsync(s_hang));
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }

    public static async Task Until(Func<bool> condition)
    {
        using var hang = new CancellationTokenSource(s_hang);
        while (!condition())
        {
            await Task.Delay(5, hang.Token);
        }
    }

    public static async Task<byte[]> ReadAllAsync(this Stream stream)
    {
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes).Soon();
        return bytes.ToArray();
    }
}
