using System.Text;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Tests.Isolation.WindowsSandbox;

/// <summary>An instance that answers what the test says, on a host that does so too. The canaries are real, but for their process, which is a shell script.</summary>
internal sealed class StandInInstance : IDisposable
{
    public const string State = "/state";

    private const string Closed = """{"outcome":"closed","errno":0,"selfTest":true,"detail":"looked and found nothing","nonce":""}""";
    private const string Open = """{"outcome":"open","errno":0,"selfTest":true,"detail":"it is there","nonce":""}""";

    private readonly string _program = Directory.CreateTempSubdirectory("agentsandbox-stand-in-").FullName;

    public StandInInstance()
    {
        string guest = Path.Combine(_program, "guest.exe");
        File.WriteAllText(guest, "#!/bin/sh\necho ready\ncat >/dev/null\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(guest, (UnixFileMode)0x1ED);
        }

        File.WriteAllText(guest + ".config", "<configuration/>");
        Canaries = WindowsCanaries.Plant(guest);
    }

    public WindowsCanaries Canaries { get; }

    public SandboxSpecification Specification { get; set; } = new() { Backend = "WindowsSandbox", Network = NetworkMode.None };

    /// <summary>Elements of the configuration that the test changes; null takes one out.</summary>
    public Dictionary<string, string?> Switches { get; } = new()
    {
        ["vGPU"] = "Disable",
        ["AudioInput"] = "Disable",
        ["PrinterRedirection"] = "Disable",
        ["ClipboardRedirection"] = "Disable",
        ["Networking"] = "Disable",
    };

    public List<(string Host, string Inside, bool ReadOnly)> Folders { get; } =
    [
        ($"{State}/a/program", @"C:\agentsandbox\program", true), ($"{State}/a/down", @"C:\agentsandbox\down", true), ($"{State}/a/up", @"C:\agentsandbox\up", false),
    ];

    /// <summary>The whole configuration, instead of the one that the switches and folders make.</summary>
    public string? Text { get; set; }

    public Func<IReadOnlyList<string>, string> OnHost { get; set; } = _ => Open;

    public Func<IReadOnlyList<string>, string> Inside { get; set; } = _ => Closed;

    public static string Answer(string outcome, bool selfTest = true, string nonce = "") => $$"""{"outcome":"{{outcome}}","errno":0,"selfTest":{{(selfTest ? "true" : "false")}},"detail":"what was tried","nonce":"{{nonce}}"}""";

    public async Task<IsolationResult> RunAsync(string id)
    {
        var mount = new SandboxMount { Source = Canaries.SharedFolder, Target = WindowsCanaries.SharedInside };
        SandboxSpecification sibling = Specification with { Mounts = [.. Specification.Mounts, mount] };
        string xml = "<Configuration>" + string.Concat(Switches.Where(s => s.Value is not null).Select(s => $"<{s.Key}>{s.Value}</{s.Key}>"))
            + "<MappedFolders>" + string.Concat(Folders.Append((mount.Source, mount.Target, true)).Select(f => $"<MappedFolder><HostFolder>{f.Item1}</HostFolder><SandboxFolder>{f.Item2}</SandboxFolder><ReadOnly>{(f.Item3 ? "true" : "false")}</ReadOnly></MappedFolder>"))
            + "</MappedFolders></Configuration>";
        var context = new InstanceContext
        {
            Specification = sibling,
            Defaults = new SandboxSpecification { Backend = "WindowsSandbox", Network = NetworkMode.None },
            ConfigurationText = Text ?? xml,
            Canaries = Canaries,
            UserSid = "S-1-5-21-1-2-3-1001",
            StateFolder = State,
            Host = (arguments, _) => Task.FromResult(Encoding.UTF8.GetBytes(OnHost(arguments) + "\n")),
            Sandbox = (arguments, _) => Task.FromResult(Encoding.UTF8.GetBytes(Inside(arguments) + "\n")),
        };
        return await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create([id])), context, CancellationToken.None);
    }

    public void Dispose()
    {
        Canaries.Dispose();
        Directory.Delete(_program, recursive: true);
    }
}
