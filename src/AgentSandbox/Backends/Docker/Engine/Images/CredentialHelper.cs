using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>Answer of a credential helper's <c>get</c>.</summary>
internal sealed record HelperAnswer
{
    public string? Username { get; init; }
    public string? Secret { get; init; }
}

/// <summary>Asks a credential helper (github.com/docker/docker-credential-helpers): the program <c>docker-credential-NAME</c> of the PATH.</summary>
/// <param name="searchPath">The PATH.</param>
internal sealed class CredentialHelper(string? searchPath)
{
    // A helper may ask its user to unlock a keychain.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);
    private const int MaxOutput = 1024 * 1024;

    /// <summary>Asks it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">The registry's key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What it knows. That it fails is no exception: the image may be a public one.</returns>
    public async Task<FoundCredentials> GetAsync(string name, string key, CancellationToken cancellationToken)
    {
        string shown = EngineText.OneLine(name);
        if (name.Length > 100 || name[0] == '.' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            return new(null, $"'{shown}' in the docker command line's config.json is no name of a credential helper");
        }

        if (Find($"docker-credential-{name}") is not { } program)
        {
            return new(null, $"the credential helper docker-credential-{shown} of the docker command line's config.json is not on the PATH");
        }

        try
        {
            (int code, ArraySegment<byte> output) = (0, default(ArraySegment<byte>));
            await Bounded.RunAsync(async token => (code, output) = await RunAsync(program, key, token), s_bound, cancellationToken);
            return Read(shown, key, code, output);
        }
        catch (Exception e) when (e is Win32Exception or IOException or TimeoutException)
        {
            return new(null, $"the credential helper docker-credential-{shown} failed: {EngineText.OneLine(e.Message)}");
        }
    }

    private static FoundCredentials Read(string helper, string key, int code, ReadOnlySpan<byte> output)
    {
        if (code != 0)
        {
            string words = EngineText.OneLine(Encoding.UTF8.GetString(output));
            // The protocol's words for "I have none" (credentials/error.go).
            return new(null, words.Contains("credentials not found", StringComparison.OrdinalIgnoreCase) ? null : $"the credential helper docker-credential-{helper} failed with code {code}: {words}");
        }

        HelperAnswer? answer;
        try
        {
            answer = JsonSerializer.Deserialize(output, EngineJson.Default.HelperAnswer);
        }
        catch (JsonException)
        {
            // Its output may be a secret: not even a part of it is repeated.
            answer = null;
        }

        return answer switch
        {
            null => new(null, $"the credential helper docker-credential-{helper} gave no answer that can be read"),
            { Username: "<token>" } => new(new() { IdentityToken = answer.Secret, ServerAddress = key }, null),
            { Username: null or "" } => new(null, null),
            _ => new(new() { UserName = answer.Username, Password = answer.Secret, ServerAddress = key }, null),
        };
    }

    private static async Task<(int Code, ArraySegment<byte> Output)> RunAsync(string program, string key, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, ["get"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            try
            {
                await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(key), cancellationToken);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading what it was asked; its exit code and output say why.
            }

            // Reading a pipe of a process that stays silent need not notice a cancellation; waiting for it does.
            ArraySegment<byte> output = await BoundedBody.ReadAsync(process.StandardOutput.BaseStream, MaxOutput + 1, cancellationToken).WaitAsync(cancellationToken);
            if (output.Count > MaxOutput)
            {
                throw new IOException($"its output is longer than {MaxOutput / 1024 / 1024} MiB");
            }

            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    // Process.Start would look into the current folder too, which may be anybody's.
    private string? Find(string name) => (searchPath ?? "").Split(Path.PathSeparator)
        .Where(Path.IsPathFullyQualified)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))
        .FirstOrDefault(File.Exists);
}
