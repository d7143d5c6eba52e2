using System.Text.Json;
using AgentSandbox.Backends;
using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Copying.Files;
using AgentSandbox.State;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Host.Provider;

/// <summary>
/// <c>agentsandbox provider VERB</c>: this machine's sandboxes for a host that reaches it by a program's standard streams only, such as
/// Windows by <c>wsl.exe</c>. One request on standard input, lines on standard output, nothing in the exit code. For no person's eyes.
/// </summary>
internal static class ProviderProgram
{
    private const string HoldVerb = "hold";

    /// <summary>Runs a verb.</summary>
    /// <param name="args">The verb.</param>
    /// <returns>0 when there was an answer, be it an error; 2 when there was nobody to answer.</returns>
    public static int Run(string[] args)
    {
        if (args is [HoldVerb])
        {
            // Detached: nobody asks, and nobody reads.
            _ = Libc.SetSid(); // Fails only for a session leader, which is as good.
            DistributionHold.Run(new SandboxHome());
            return 0;
        }

        if (args is not [string verb] || !ProviderVerbs.All.TryGetValue(verb, out Func<ProviderCall, Task>? handler))
        {
            Console.Error.WriteLine("agentsandbox provider: no such verb.");
            return 2;
        }

        try
        {
            AnswerAsync(handler).GetAwaiter().GetResult();
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or HostGoneException)
        {
            // Whoever asked is gone, or never was one that speaks this: standard error is all there is to tell.
            Console.Error.WriteLine($"agentsandbox provider {verb}: {e.Message}");
            return 2;
        }
    }

    private static async Task AnswerAsync(Func<ProviderCall, Task> handler)
    {
        var input = new LineStream(new DescriptorStream(new SafeFileHandle(0, ownsHandle: false)));
        using var output = new DescriptorStream(new SafeFileHandle(1, ownsHandle: false));
        ReadOnlyMemory<byte> line = await input.ReadLineAsync(ProviderProtocol.MaxLine, CancellationToken.None)
            ?? throw new InvalidDataException("There is no request.");
        var home = new SandboxHome();
        LocalSandboxes? sandboxes = null;

        // This kernel's sandboxes only: the distribution's own container engine, or a WSL behind it, is nobody's business here.
        await using var manager = new SandboxManager(home, (h, images) => [sandboxes = new LocalSandboxes(h, images, BackendRegistry.Local(h))]);
        var call = new ProviderCall(home, manager, sandboxes!, input, output);
        try
        {
            call.Request = JsonSerializer.Deserialize(line.Span, ProviderJson.Default.ProviderRequest) ?? throw new JsonException("null");
            if (call.Request.Version != ProviderProtocol.Version)
            {
                call.Write(new ProviderLine { End = true, OtherVersion = ProviderProtocol.Version });
                return;
            }

            await handler(call);
            call.End(null);
        }
        catch (JsonException e)
        {
            // Of another version, most likely: its requests may have in them what this one does not know.
            call.Write(new ProviderLine { End = true, OtherVersion = ProviderProtocol.Version, Error = Failure($"The request can't be read: {e.Message}") });
        }
        catch (SandboxException e)
        {
            call.End(ProviderError.Of(e));
        }
        catch (OperationCanceledException)
        {
            // The host closed its end: it does not want the answer any more, and all that was begun has been undone.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            call.End(Failure(e.Message));
        }
    }

    private static ProviderError Failure(string message) => new()
    {
        ErrorId = SandboxErrorId.WslFailed,
        Message = $"The distribution's side failed: {message}",
        RecommendedAction = "Look at the distribution's log: wsl -d NAME journalctl -e.",
    };
}
