using System.Text;
using AgentSandbox.Copying;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Copying;

/// <summary>A copy over a command's streams, with a guest that is honest, fails, or does not play by the rules.</summary>
public sealed class CopyTransferTests : IDisposable
{
    private readonly Playground _ground = new();

    private static byte[] Archive => new ArchiveBuilder().Global(("AGENTSANDBOX.bytes", "7")).Folder("item").File("item/x").Finish();

    public void Dispose() => _ground.Dispose();

    [Fact]
    public async Task A_copy_out_reports_what_it_did()
    {
        List<CopyProgress> seen = [];
        FakeCommand command = new() { Output = new MemoryStream(Archive), Error = Text("note: fifo: only files are copied.\n") };
        CopyResult result = await Transfer(command, new Recorder(seen)).ReceiveAsync("/project/data", _ground.Destination, CancellationToken.None);
        Assert.Equal($"{_ground.Destination}/data", result.Destination);
        Assert.Equal(2, result.Entries);
        Assert.Equal(7, result.Bytes);
        Assert.Equal(["fifo: only files are copied."], result.Skipped);
        Assert.Equal("content", File.ReadAllText($"{_ground.Destination}/data/x"));
        Assert.Equal(7, seen[^1].TotalBytes);
        Assert.Equal(["tar-create", "/project/data"], command.Specification!.Arguments);
        Assert.True(command.Specification.Self);
        Assert.True(command.Disposed);
    }

    [Theory]
    [InlineData(3, null, SandboxErrorId.CopyPathNotFound)]
    [InlineData(4, null, SandboxErrorId.CopyRefused)]
    [InlineData(5, null, SandboxErrorId.CopyFailed)]
    [InlineData(1, null, SandboxErrorId.CopyFailed)]
    [InlineData(137, 9, SandboxErrorId.CopyFailed)]
    public async Task A_failure_of_the_guest_is_an_error_with_its_own_words(int code, int? signal, string errorId)
    {
        FakeCommand command = new() { Error = Text("error: open '/x': No such \u001b[31mfile\nmore\n"), Exit = new CommandExit { ExitCode = code, Signal = signal, Duration = default } };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Contains("No such", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.True(command.Disposed);
        Assert.False(Path.Exists(_ground.Item));
    }

    [Fact]
    public async Task A_whole_archive_with_a_bad_exit_code_is_a_failure()
    {
        FakeCommand command = new() { Output = new MemoryStream(Archive), Exit = new CommandExit { ExitCode = 1, Duration = default } };
        await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None));
    }

    [Fact]
    public async Task A_hostile_archive_is_refused_and_the_command_ended()
    {
        FakeCommand command = new() { Output = new MemoryStream(new ArchiveBuilder().Folder("item").File("item/../../canary/file").Finish()) };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None));
        Assert.Equal(SandboxErrorId.CopyRefused, e.ErrorId);
        Assert.True(command.Disposed);
        _ground.AssertUntouched();
    }

    [Fact]
    public async Task A_guest_that_never_stops_sending_is_refused()
    {
        FakeCommand command = new() { Output = new Endless(Archive) };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None));
        Assert.Equal(SandboxErrorId.CopyRefused, e.ErrorId);
    }

    [Fact]
    public async Task A_guest_that_never_sends_can_be_cancelled()
    {
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        FakeCommand command = new() { Output = new Silent() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, cancel.Token));
        Assert.True(command.Disposed);
    }

    [Fact]
    public async Task A_link_as_destination_on_the_host_is_refused_before_anything_starts()
    {
        File.CreateSymbolicLink(_ground.Item, _ground.CanaryFolder);
        FakeCommand command = new() { Output = new MemoryStream(Archive) };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None));
        Assert.Equal(SandboxErrorId.CopyRefused, e.ErrorId);
        Assert.Null(command.Specification);
    }

    [Fact]
    public async Task A_copy_in_sends_an_archive_and_an_end_of_file()
    {
        File.WriteAllText(_ground.Item, "hello");
        FakeCommand command = new() { Output = Text("/project/copied") };
        CopyResult result = await Transfer(command).SendAsync(_ground.Item, "/project/", CancellationToken.None);
        Assert.Equal("/project/copied", result.Destination);
        Assert.Equal((1, 5), (result.Entries, result.Bytes));
        Assert.Equal(["tar-extract", "/project/", "copied"], command.Specification!.Arguments);
        Assert.True(command.Input.Closed);
        Assert.True(command.Input.ToArray().AsSpan().IndexOf("hello"u8) > 0);
    }

    [Fact]
    public async Task A_guest_that_stops_reading_gives_its_own_reason()
    {
        File.WriteAllBytes(_ground.Item, new byte[1_000_000]);
        FakeCommand command = new() { Input = new Recording { Broken = true }, Error = Text("error: disk is full\n"), Exit = new CommandExit { ExitCode = 5, Duration = default } };
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).SendAsync(_ground.Item, "/project", CancellationToken.None));
        Assert.Equal(SandboxErrorId.CopyFailed, e.ErrorId);
        Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_a_link_or_missing_is_an_error_before_anything_starts()
    {
        FakeCommand command = new();
        Assert.Equal(SandboxErrorId.CopyPathNotFound, (await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).SendAsync(_ground.Item, "/project", CancellationToken.None))).ErrorId);
        File.CreateSymbolicLink(_ground.Item, _ground.CanaryFolder);
        Assert.Equal(SandboxErrorId.CopyRefused, (await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).SendAsync(_ground.Item, "/project", CancellationToken.None))).ErrorId);
        Assert.Equal(SandboxErrorId.CopyRefused, (await Assert.ThrowsAsync<SandboxException>(() => Transfer(command).SendAsync(_ground.Item + "/", "/project", CancellationToken.None))).ErrorId);
        Assert.Null(command.Specification);
    }

    [Fact]
    public async Task A_million_notes_of_a_guest_do_not_fill_memory()
    {
        FakeCommand command = new() { Output = new MemoryStream(Archive), Error = Text(string.Concat(Enumerable.Repeat("note: x\n", 1_000_000))) };
        CopyResult result = await Transfer(command).ReceiveAsync("/x", _ground.Item, CancellationToken.None);
        Assert.Equal(1001, result.Skipped.Count);
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static CopyTransfer Transfer(FakeCommand command, IProgress<CopyProgress>? progress = null) => new(
        (specification, _) =>
        {
            command.Specification = specification;
            return Task.FromResult<SandboxCommand>(command);
        },
        null,
        progress);

    private sealed class Recorder(List<CopyProgress> seen) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => seen.Add(value);
    }

    private sealed class Recording : MemoryStream
    {
        public bool Broken { get; init; }

        public bool Closed { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Broken ? throw new IOException("Broken pipe") : base.WriteAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            Closed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Endless(byte[] start) : MemoryStream(start)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : buffer.Length;
        }
    }

    private sealed class Silent : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    private sealed class FakeCommand : SandboxCommand
    {
        public CommandSpecification? Specification { get; set; }

        public bool Disposed { get; private set; }

        public Recording Input { get; init; } = new();

        public Stream Output { get; init; } = new MemoryStream();

        public Stream Error { get; init; } = new MemoryStream();

        public CommandExit Exit { get; init; } = new() { ExitCode = 0, Duration = default };

        public override Stream StandardInput => Input;

        public override Stream StandardOutput => Output;

        public override Stream StandardError => Error;

        // A guest that has to read first ends when its input does.
        public override Task<CommandExit> Completion => Specification!.StandardInput && !Input.Broken && !Input.Closed ? WaitAsync() : Task.FromResult(Exit);

        public override Task SignalAsync(int signal, SignalScope scope, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public override Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public override ValueTask DisposeAsync()
        {
            Disposed = true;
            return ValueTask.CompletedTask;
        }

        private async Task<CommandExit> WaitAsync()
        {
            while (!Input.Closed)
            {
                await Task.Delay(5);
            }

            return Exit;
        }
    }
}
