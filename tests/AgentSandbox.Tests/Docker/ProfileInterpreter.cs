using System.Text.Json;

namespace AgentSandbox.Tests.Docker;

/// <summary>
/// Answers as libseccomp does with an engine's profile: whatever rule's conditions all hold decides (rules of one name are alternatives), and the
/// default when none does. Comparisons are of 64 bits. Written from the engine's documentation, not from the writer under test.
/// </summary>
internal sealed class ProfileInterpreter : IDisposable
{
    private readonly JsonDocument _json;
    private readonly Dictionary<string, List<JsonElement>> _rules = [];

    public ProfileInterpreter(string profile)
    {
        _json = JsonDocument.Parse(profile);
        foreach (JsonElement rule in _json.RootElement.GetProperty("syscalls").EnumerateArray())
        {
            foreach (JsonElement name in rule.GetProperty("names").EnumerateArray())
            {
                if (!_rules.TryGetValue(name.GetString()!, out List<JsonElement>? rules))
                {
                    _rules.Add(name.GetString()!, rules = []);
                }

                rules.Add(rule);
            }
        }
    }

    public JsonElement Root => _json.RootElement;

    public IReadOnlyDictionary<string, List<JsonElement>> Rules => _rules;

    /// <summary>0 when the kernel runs the call, else the errno that it fails with.</summary>
    public int Answer(string name, params ulong[] arguments)
    {
        int[] answers = [.. _rules.GetValueOrDefault(name, []).Where(rule => Fits(rule, arguments)).Select(Errno).Distinct()];
        return answers.Length switch
        {
            0 => _json.RootElement.GetProperty("defaultErrnoRet").GetInt32(),
            1 => answers[0],
            _ => throw new InvalidOperationException($"Rules of {name} contradict each other: which one wins would be the library's choice."),
        };
    }

    public void Dispose() => _json.Dispose();

    private static bool Fits(JsonElement rule, ulong[] arguments) => rule.GetProperty("args").EnumerateArray().All(test =>
    {
        Assert.Equal("SCMP_CMP_MASKED_EQ", test.GetProperty("op").GetString()); // (argument & value) == valueTwo
        int index = test.GetProperty("index").GetInt32();
        return ((index < arguments.Length ? arguments[index] : 0) & test.GetProperty("value").GetUInt64()) == test.GetProperty("valueTwo").GetUInt64();
    });

    private static int Errno(JsonElement rule) => rule.GetProperty("action").GetString() switch
    {
        "SCMP_ACT_ALLOW" => 0,
        "SCMP_ACT_ERRNO" => rule.GetProperty("errnoRet").GetInt32(),
        var other => throw new InvalidOperationException($"Unknown action {other}."),
    };
}
