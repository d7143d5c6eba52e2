using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.StandIn.Wsb;

/// <summary>What the stand-in remembers between its calls, and how it is told to fail; all of it in the folder that <c>AGENTSANDBOX_WSB_STATE</c> names.</summary>
internal sealed class StandInState
{
    private readonly string _folder;

    private StandInState(string folder) => _folder = folder;

    /// <summary>Process ids of what runs "inside".</summary>
    public string Processes => Path.Combine(_folder, "processes");

    private string InstanceFile => Path.Combine(_folder, "instance.json");

    public static StandInState Open()
    {
        string folder = Environment.GetEnvironmentVariable("AGENTSANDBOX_WSB_STATE") is { Length: > 0 } named ? named : throw new InvalidOperationException("AGENTSANDBOX_WSB_STATE names no folder.");
        Directory.CreateDirectory(Path.Combine(folder, "processes"));
        return new StandInState(folder);
    }

    /// <summary>The value of a fault: a file of that name in the folder <c>faults</c>; null when it is not asked for.</summary>
    public string? Fault(string name)
    {
        string file = Path.Combine(_folder, "faults", name);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    /// <summary>A fault's number.</summary>
    public int Fault(string name, int otherwise) => Fault(name) is { } text
        ? text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? unchecked((int)uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)) : int.Parse(text, CultureInfo.InvariantCulture)
        : otherwise;

    /// <summary>Does something with the instance, alone among all calls.</summary>
    public T Alone<T>(Func<Instance?, (Instance? After, T Result)> change)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                using FileStream alone = new(Path.Combine(_folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                Instance? before = File.Exists(InstanceFile) ? JsonSerializer.Deserialize(File.ReadAllBytes(InstanceFile), StateJson.Default.Instance) : null;
                (Instance? after, T result) = change(before);
                if (after is null)
                {
                    File.Delete(InstanceFile);
                }
                else if (after != before)
                {
                    File.WriteAllBytes(InstanceFile, JsonSerializer.SerializeToUtf8Bytes(after, StateJson.Default.Instance));
                }

                return result;
            }
            catch (IOException) when (i < 500)
            {
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>The instance as it is.</summary>
    public Instance? Look() => Alone(i => (i, i));

    /// <summary>The instance that has an id, and is listed.</summary>
    public Instance Find(string id) => Look() is { } instance && instance.IsListed && string.Equals(instance.Id, id, StringComparison.OrdinalIgnoreCase)
        ? instance
        : throw new WsbFailure(WsbFailure.NotFound, "Die angegebene Windows-Sandbox-Umgebung wurde nicht gefunden.");

    /// <summary>Notes a call, for tests.</summary>
    public void Log(string line) => Alone<bool>(i =>
    {
        File.AppendAllText(Path.Combine(_folder, "calls.log"), line.ReplaceLineEndings(" ") + "\n");
        return (i, true);
    });
}

/// <summary>The one instance.</summary>
internal sealed record Instance
{
    public required string Id { get; init; }

    public required DateTimeOffset ListedFrom { get; init; }

    public DateTimeOffset? LoggedOnFrom { get; init; }

    public required Folder[] Folders { get; init; }

    public bool HasNetwork { get; init; }

    public bool IsListed => ListedFrom <= DateTimeOffset.UtcNow;

    public bool IsLoggedOn => LoggedOnFrom <= DateTimeOffset.UtcNow;
}

/// <summary>A mapped folder.</summary>
internal sealed record Folder(string Host, string Sandbox, bool ReadOnly);

/// <summary>JSON that also a trimmed program can read and write.</summary>
[JsonSerializable(typeof(Instance))]
[JsonSerializable(typeof(string))]
internal sealed partial class StateJson : JsonSerializerContext
{
}
