using System.Formats.Tar;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.IntegrationTests.Docker.Engine;

/// <summary>The machine's real engine, and an image of nothing but busybox-static in it.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private const string Label = "agentsandbox.enginetests";
    private readonly string _repository = $"agentsandbox-enginetests-{Guid.NewGuid():N}";

    internal DockerEngine Engine { get; } = new(DockerEndpointResolver.Resolve(), DockerCliSurroundings.Current);

    internal string ImageId { get; private set; } = "";

    internal string Image => $"{_repository}:v1";

    internal string RunLabel => $"{Label}={_repository}";

    internal static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    public async Task InitializeAsync() =>
        ImageId = await Engine.ImportImageAsync(RootFileSystem(), _repository, "v1", [$"LABEL {RunLabel}", "ENV GREETING=hello"], Soon);

    public async Task DisposeAsync()
    {
        foreach (ContainerSummary left in await Engine.ListContainersAsync([RunLabel], Soon))
        {
            await Engine.RemoveContainerAsync(left.Id, Soon);
        }

        await Engine.RemoveImageAsync(ImageId, Soon);
        Engine.Dispose();
    }

    /// <summary>Creates a container that runs a shell command, or waits for its end when none is given.</summary>
    internal async Task<string> CreateAsync(params string[] shell)
    {
        ContainerCreate request = new()
        {
            Image = Image,
            Cmd = ["/bin/busybox", "sh", "-c", .. shell.Length > 0 ? shell : ["trap 'exit 0' TERM; while :; do /bin/busybox sleep 0.1; done"]],
            Labels = new Dictionary<string, string> { [Label] = _repository },
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
            OpenStdin = true,
            StdinOnce = true,
            HostConfig = new() { NetworkMode = "none", CapDrop = ["ALL"] },
        };
        return (await Engine.CreateContainerAsync($"{_repository}-{Guid.NewGuid():N}", request, Soon)).Id;
    }

    internal async Task<string> RunAsync()
    {
        string id = await CreateAsync();
        await Engine.StartContainerAsync(id, Soon);
        return id;
    }

    /// <summary>Runs a shell command in a container, with an input, to its end.</summary>
    internal async Task<(byte[] Output, byte[] Error, int? ExitCode)> ExecAsync(string container, string shell, byte[]? input = null)
    {
        ExecCreate request = new() { Cmd = ["/bin/busybox", "sh", "-c", shell], AttachStdin = true };
        string exec = await Engine.CreateExecAsync(container, request, Soon);
        await using MultiplexedStream streams = await Engine.StartExecAsync(exec, Soon);
        Task writing = Task.Run(async () =>
        {
            await streams.WriteAsync(input ?? [], Soon);
            await streams.CloseWriteAsync(Soon);
            await streams.CloseWriteAsync(Soon);
        });
        (byte[] output, byte[] error) = await ReadAllAsync(streams);
        await writing;
        ExecInspect? ended = await Engine.InspectExecAsync(exec, Soon);
        while (ended is { Running: true })
        {
            await Task.Delay(20, Soon);
            ended = await Engine.InspectExecAsync(exec, Soon);
        }

        return (output, error, (int?)ended!.ExitCode);
    }

    internal static async Task<(byte[] Output, byte[] Error)> ReadAllAsync(MultiplexedStream streams)
    {
        MemoryStream output = new(), error = new();
        byte[] buffer = new byte[10_000];
        while (true)
        {
            (StandardStream stream, int count) = await streams.ReadAsync(buffer, Soon);
            if (count == 0)
            {
                return (output.ToArray(), error.ToArray());
            }

            (stream == StandardStream.Output ? output : error).Write(buffer, 0, count);
        }
    }

    private static MemoryStream RootFileSystem()
    {
        MemoryStream tar = new();
        using (TarWriter writer = new(tar, leaveOpen: true))
        {
            foreach (string folder in new[] { "bin/", "tmp/" })
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_111_111 });
            }

            using FileStream busybox = File.OpenRead("/bin/busybox");
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = busybox, Mode = (UnixFileMode)0b111_101_101 });
        }

        tar.Position = 0;
        return tar;
    }
}
