using System.Text;
using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Tests.Docker.Engine;

/// <summary>Clients of a stand-in engine.</summary>
internal static class EngineClient
{
    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>A client whose docker command line has a config.json, and nothing else.</summary>
    public static DockerEngine Of(DockerEndpoint endpoint, string config = "{}") => new(endpoint, new()
    {
        Variable = _ => null,
        ReadFile = path => path == Path.Combine("/home/me", ".docker", "config.json") ? Encoding.UTF8.GetBytes(config) : null,
        Home = "/home/me",
        IsWindows = false,
    });

    public static async Task<(string Output, string Error)> ReadAllAsync(MultiplexedStream streams)
    {
        MemoryStream output = new(), error = new();
        byte[] buffer = new byte[7];
        while (true)
        {
            (StandardStream stream, int count) = await streams.ReadAsync(buffer, Soon);
            if (count == 0)
            {
                return (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
            }

            (stream == StandardStream.Output ? output : error).Write(buffer, 0, count);
        }
    }
}
