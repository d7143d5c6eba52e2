using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Tests.Wsl;

/// <summary>Answers in place of wsl.exe, from a script.</summary>
internal sealed class FakeWsl : IWslCli
{
    /// <summary>What <c>provider</c> calls answer, one after the other: bytes of standard output, text of standard error, exit code.</summary>
    public Queue<(byte[] Output, string Errors, int ExitCode)> Answers { get; } = new();

    /// <summary>All calls, as lines.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What was sent to the last started call.</summary>
    public MemoryStream Sent { get; private set; } = new();

    public bool IsThere => true;

    public static (byte[] Output, string Errors, int ExitCode) Lines(params ProviderLine[] lines) =>
        ([.. lines.SelectMany(l => ProviderProtocol.ToLine(l, ProviderJson.Default.ProviderLine))], "", 0);

    public async Task<WslResult> RunAsync(IReadOnlyList<string> arguments, Stream? input, TimeSpan patience, CancellationToken cancellationToken)
    {
        Calls.Add(string.Join(' ', arguments));
        if (input is not null)
        {
            await input.CopyToAsync(Stream.Null, cancellationToken);
        }

        return new WslResult(0, Encoding.UTF8.GetBytes("agentsandbox: done\n"), []);
    }

    public IWslProcess Start(IReadOnlyList<string> arguments)
    {
        Calls.Add(string.Join(' ', arguments));
        (byte[] output, string errors, int exitCode) = Answers.Dequeue();
        Sent = new MemoryStream();
        return new FakeProcess(Sent, output, errors, exitCode);
    }

    public void StartDetached(IReadOnlyList<string> arguments) => Calls.Add("detached: " + string.Join(' ', arguments));

    private sealed class FakeProcess(Stream input, byte[] output, string errors, int exitCode) : IWslProcess
    {
        public Stream Input => input;

        public Stream Output { get; } = new MemoryStream(output);

        public string ErrorText => errors;

        public Task<int?> WaitAsync(TimeSpan patience) => Task.FromResult<int?>(exitCode);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
