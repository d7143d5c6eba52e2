using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>
/// What the documentation says of an engine on Windows, over HTTP on a socket: it refuses what such an engine refuses, and runs programs that a test
/// gives it. It is no Windows: what it has not been told is what nobody here knows.
/// </summary>
internal sealed class StandInWindowsEngine : IAsyncDisposable
{
    private static readonly string[] s_unsupportedResources = ["PidsLimit", "MemorySwap", "MemoryReservation", "CpusetCpus", "CpuPeriod", "CgroupParent", "Ulimits", "BlkioWeight"];
    private static readonly string[] s_linuxOnly = ["ReadonlyRootfs", "Privileged", "CapDrop", "CapAdd", "SecurityOpt", "Tmpfs", "IpcMode", "CgroupnsMode", "Init", "Runtime", "ShmSize"];
    private int _lastPid = 1000;

    public StandInWindowsEngine()
    {
        Http.OSType = "windows";
        Http.On("GET", "/info", (_, c) => c.AnswerAsync(200, Info))
            .On("GET", "/images/*/json", (r, c) => Images.TryGetValue(r.Path.Split('/')[2], out string? json) ? c.AnswerAsync(200, json) : c.FailAsync(404, "No such image"))
            .On("POST", "/containers/create", CreateAsync)
            .On("GET", "/containers/json", (r, c) => c.AnswerAsync(200, $"[{string.Join(',', Containers.Values.Select(Summary))}]"))
            .On("GET", "/containers/*/json", (r, c) => WithAsync(r, c, found => c.AnswerAsync(200, Inspect(found))))
            .On("GET", "/containers/*/stats", "{}")
            .On("POST", "/containers/*/start", (r, c) => WithAsync(r, c, found => StartAsync(found, c)))
            .On("POST", "/containers/*/stop", (r, c) => WithAsync(r, c, found => StopAsync(found, c)))
            .On("DELETE", "/containers/*", (r, c) => WithAsync(r, c, found => RemoveAsync(found, c)))
            .On("POST", "/containers/*/attach", (r, c) => WithAsync(r, c, found => AttachAsync(found, c)))
            .On("GET", "/containers/*/archive", (r, c) => WithAsync(r, c, found => GetArchiveAsync(found, r, c)))
            .On("PUT", "/containers/*/archive", (r, c) => WithAsync(r, c, found => PutArchiveAsync(found, r, c)))
            .On("POST", "/containers/*/exec", (r, c) => WithAsync(r, c, found => CreateExecAsync(found, r, c)))
            .On("POST", "/exec/*/start", (r, c) => Find(r) is { } exec ? exec.RunAsync(c, Programs.GetValueOrDefault(exec.Request.Cmd[0])) : c.FailAsync(404, "No such exec instance"))
            .On("GET", "/exec/*/json", (r, c) => Find(r) is { } exec ? c.AnswerAsync(200, Inspect(r, exec)) : c.FailAsync(404, "No such exec instance"));
    }

    public StandInEngine Http { get; } = StandInEngine.OnUnixSocket();

    public ConcurrentDictionary<string, StandInContainer> Containers { get; } = new();

    public ConcurrentDictionary<string, StandInProgram> Programs { get; } = new(StandInPrograms.All);

    public ConcurrentDictionary<string, string> Images { get; } = new()
    {
        ["nanoserver:ltsc2022"] = """{"Id":"sha256:1","Os":"windows","OsVersion":"10.0.20348.2700","Architecture":"amd64","Config":{"User":"ContainerUser"}}""",
        ["servercore:ltsc2022"] = """{"Id":"sha256:2","Os":"windows","OsVersion":"10.0.20348.2700","Architecture":"amd64","Config":{}}""",
        ["nanoserver:ltsc2025"] = """{"Id":"sha256:3","Os":"windows","OsVersion":"10.0.26100.1","Architecture":"amd64","Config":{}}""",
        ["nanoserver:unknown"] = """{"Id":"sha256:4","Os":"windows","Architecture":"amd64","Config":{}}""",
        ["busybox:1"] = """{"Id":"sha256:5","Os":"linux","Architecture":"amd64","Config":{}}""",
    };

    public string Info { get; set; } = """{"OSType":"windows","ServerVersion":"27.3.1","OperatingSystem":"Microsoft Windows Server 2022 Datacenter (Build 20348)","OSVersion":"10.0.20348","KernelVersion":"10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)","Isolation":"process","Driver":"windowsfilter","NCPU":4}""";

    /// <summary>What a start fails with, if it does.</summary>
    public string? StartFailure { get; set; }

    public IEnumerable<StandInProcess> Execs => Containers.Values.SelectMany(c => c.Execs.Values);

    public ValueTask DisposeAsync() => Http.DisposeAsync();

    private Task CreateAsync(StandInRequest request, StandInConnection connection)
    {
        string body = Encoding.UTF8.GetString(request.Body);
        JsonElement host = JsonDocument.Parse(body).RootElement.GetProperty("HostConfig");
        bool Has(string field) => host.EnumerateObject().Any(p => p.Name.Equals(field, StringComparison.OrdinalIgnoreCase) && p.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False));
        if (s_unsupportedResources.Concat(s_linuxOnly).FirstOrDefault(Has) is { } refused)
        {
            return connection.FailAsync(400, $"invalid option: Windows does not support {refused}");
        }

        ContainerCreate create = JsonSerializer.Deserialize(body, EngineJson.Default.ContainerCreate)!;
        string network = create.HostConfig.NetworkMode ?? "";
        if (network == "host" || network.StartsWith("container:", StringComparison.Ordinal))
        {
            return connection.FailAsync(400, $"invalid network mode: {network}");
        }

        string name = request.Query["name"];
        if (Containers.Values.Any(c => c.Name == name))
        {
            return connection.FailAsync(409, $"Conflict. The container name /{name} is already in use");
        }

        string id = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).ToLowerInvariant();
        Containers[id] = new StandInContainer(id, name, create, body);
        return connection.AnswerAsync(201, $$"""{"Id":"{{id}}","Warnings":[]}""");
    }

    private Task StartAsync(StandInContainer container, StandInConnection connection)
    {
        if (StartFailure is not null)
        {
            return connection.FailAsync(500, StartFailure);
        }

        container.Status = "running";
        return connection.AnswerAsync(204, "");
    }

    private Task StopAsync(StandInContainer container, StandInConnection connection)
    {
        bool wasRunning = container.IsRunning;
        End(container, 0);
        return connection.AnswerAsync(wasRunning ? 204 : 304, "");
    }

    private Task RemoveAsync(StandInContainer container, StandInConnection connection)
    {
        container.End(0);
        Containers.TryRemove(container.Id, out _);
        return connection.AnswerAsync(204, "");
    }

    /// <summary>The waiting process of a container reads its standard input, and ends with it.</summary>
    private async Task AttachAsync(StandInContainer container, StandInConnection connection)
    {
        await connection.HijackAsync();
        await connection.ReadToEndAsync();
        if (container.Request.StdinOnce && container.Request.Entrypoint![^1].StartsWith("set /p", StringComparison.Ordinal))
        {
            End(container, 0);
        }
    }

    private void End(StandInContainer container, long exitCode)
    {
        container.End(exitCode);
        if (container.Request.HostConfig.AutoRemove == true)
        {
            Containers.TryRemove(container.Id, out _);
        }
    }

    private static Task GetArchiveAsync(StandInContainer container, StandInRequest request, StandInConnection connection)
    {
        string path = request.Query["path"];
        int slash = path.TrimEnd('\\').LastIndexOf('\\');
        return container.IsRunning ? connection.FailAsync(500, "filesystem operations against a running Hyper-V container are not supported")
            : !container.Files.Exists(path) ? connection.FailAsync(404, "Could not find the file in container")
            : connection.AnswerAsync(200, slash < 0 ? container.Files.Archive("", path.TrimEnd('\\')) : container.Files.Archive(path[..slash], path.TrimEnd('\\')[(slash + 1)..]), "application/x-tar");
    }

    private static Task PutArchiveAsync(StandInContainer container, StandInRequest request, StandInConnection connection)
    {
        if (container.IsRunning)
        {
            return connection.FailAsync(500, "filesystem operations against a running Hyper-V container are not supported");
        }

        container.Files.Extract(request.Query["path"], request.Body);
        return connection.AnswerAsync(200, "");
    }

    private Task CreateExecAsync(StandInContainer container, StandInRequest request, StandInConnection connection)
    {
        if (!container.IsRunning)
        {
            return connection.FailAsync(409, $"Container {container.Id} is not running");
        }

        string id = Guid.NewGuid().ToString("N");
        container.Execs[id] = new StandInProcess(container, JsonSerializer.Deserialize(request.Body, EngineJson.Default.ExecCreate)!, Interlocked.Increment(ref _lastPid));
        return connection.AnswerAsync(201, $$"""{"Id":"{{id}}"}""");
    }

    private StandInProcess? Find(StandInRequest request) =>
        Containers.Values.Select(c => c.Execs.GetValueOrDefault(request.Path.Split('/')[2])).FirstOrDefault(e => e is not null);

    private Task WithAsync(StandInRequest request, StandInConnection connection, Func<StandInContainer, Task> answer)
    {
        string wanted = request.Path.Split('/')[2];
        StandInContainer? found = Containers.Values.FirstOrDefault(c => c.Id == wanted || c.Name == wanted || (wanted.Length >= 12 && c.Id.StartsWith(wanted, StringComparison.Ordinal)));
        return found is null ? connection.FailAsync(404, $"No such container: {wanted}") : answer(found);
    }

    private static string Labels(StandInContainer container) => JsonSerializer.Serialize(container.Request.Labels);

    private static string Summary(StandInContainer container) => $$"""{"Id":"{{container.Id}}","Names":["/{{container.Name}}"],"Labels":{{Labels(container)}}}""";

    private static string Inspect(StandInContainer container) =>
        $$$"""{"Id":"{{{container.Id}}}","Name":"/{{{container.Name}}}","Config":{"Labels":{{{Labels(container)}}}},"State":{"Status":"{{{container.Status}}}","Running":{{{(container.IsRunning ? "true" : "false")}}},"ExitCode":{{{container.ExitCode}}}}}""";

    private static string Inspect(StandInRequest request, StandInProcess exec) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"ID":"{{request.Path.Split('/')[2]}}","Running":{{(exec.Running ? "true" : "false")}},"ExitCode":{{exec.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "null"}},"Pid":{{exec.Pid}}}""");
}
