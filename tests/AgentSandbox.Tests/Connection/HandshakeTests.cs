using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class HandshakeTests
{
    private static readonly ConnectionOptions s_impatient = new() { HelloTimeout = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public async Task A_connection_opens_with_hello_both_ways_and_closes()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using ScriptedGuest guestScope = guest;

        Assert.True(connection.IsOpen);
        Assert.Equal(0, connection.OpenChannels);
        Assert.False(connection.Closed.IsCompleted);
        await connection.DisposeAsync().AsTask().Soon();
        Assert.False(connection.IsOpen);
        Assert.True(connection.Closed.IsCompletedSuccessfully);
        Assert.True(guest.HostStream.IsDisposed);
    }

    [Fact]
    public async Task The_hosts_hello_has_magic_and_generations()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        _ = GuestConnection.OpenAsync(guest.HostStream, s_impatient, CancellationToken.None).FailsWith(SandboxErrorId.GuestNotResponding);
        HelloMessage hello = ProtocolJson.Read((await guest.ExpectAsync(FrameType.Hello)).Payload, ProtocolJson.Default.HelloMessage);
        Assert.Equal((ProtocolLimits.Magic, ProtocolLimits.MinGeneration, ProtocolLimits.MaxGeneration), (hello.Magic, hello.MinGeneration, hello.MaxGeneration));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_that_never_answers_runs_into_the_hosts_deadline(bool reads)
    {
        await using ScriptedGuest guest = ScriptedGuest.Create(reads);
        await GuestConnection.OpenAsync(guest.HostStream, s_impatient, CancellationToken.None).FailsWith(SandboxErrorId.GuestNotResponding);
        await Waiting.Until(() => guest.HostStream.IsDisposed);
    }

    [Fact]
    public async Task Half_a_hello_runs_into_the_deadline_too()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, s_impatient, CancellationToken.None);
        await guest.SendRawAsync([0, 0, 0, 40, 0, 0, 0, 0, (byte)FrameType.Hello, 0, 0, 0, (byte)'{']);
        await opening.FailsWith(SandboxErrorId.GuestNotResponding);
    }

    [Fact]
    public async Task Cancelling_closes_the_stream()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        using var cancel = new CancellationTokenSource();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.Soon());
        await Waiting.Until(() => guest.HostStream.IsDisposed);
    }

    [Theory]
    [InlineData("{\"magic\":\"HTTP\",\"minGeneration\":1,\"maxGeneration\":1}")]
    [InlineData("{\"magic\":null,\"minGeneration\":1,\"maxGeneration\":1}")]
    [InlineData("{\"minGeneration\":2,\"maxGeneration\":9}")]
    [InlineData("{\"minGeneration\":-5,\"maxGeneration\":0}")]
    [InlineData("{\"minGeneration\":2,\"maxGeneration\":1}")]
    [InlineData("{\"minGeneration\":null}")]
    [InlineData("null")]
    [InlineData("{")]
    public async Task A_hello_that_does_not_fit_is_a_violation(string json)
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.SendAsync(FrameType.Hello, 0, 0, System.Text.Encoding.UTF8.GetBytes(json));
        await opening.FailsWith(SandboxErrorId.ProtocolViolation);
        await Waiting.Until(() => guest.HostStream.IsDisposed);
    }

    [Fact]
    public async Task Nulls_and_unknown_features_in_a_hello_do_no_harm()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.SendAsync(FrameType.Hello, 0, 0, "{\"magic\":\"AGSB\",\"version\":null,\"features\":null,\"maxGeneration\":7,\"new\":[null]}"u8.ToArray());
        await using GuestConnection connection = await opening.Soon();
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task Garbage_is_a_violation()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.SendRawAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        await opening.FailsWith(SandboxErrorId.ProtocolViolation);
    }

    [Fact]
    public async Task Another_frame_before_hello_is_a_violation()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.OpenedAsync(1);
        await opening.FailsWith(SandboxErrorId.ProtocolViolation);
    }

    [Fact]
    public async Task A_hang_up_is_told_as_one()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.HangUpAsync();
        await opening.FailsWith(SandboxErrorId.GuestDisconnected);
    }

    [Theory]
    [InlineData(FailKind.Busy, SandboxErrorId.ResourceExhausted)]
    [InlineData(FailKind.Protocol, SandboxErrorId.ProtocolViolation)]
    [InlineData(FailKind.Internal, SandboxErrorId.GuestDisconnected)]
    [InlineData("Later", SandboxErrorId.GuestDisconnected)]
    public async Task A_guest_may_say_why_it_refuses(string kind, string errorId)
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.SendAsync(FrameType.Error, 0, new FailMessage { Kind = kind, Detail = "\u001b[31mfull" }, ProtocolJson.Default.FailMessage);
        SandboxException error = await opening.FailsWith(errorId);
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error.Message);
    }
}
