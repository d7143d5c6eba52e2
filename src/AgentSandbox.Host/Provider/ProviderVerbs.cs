using AgentSandbox.Host.Provider.Verbs;

namespace AgentSandbox.Host.Provider;

/// <summary>The verbs by name. A new one is a file in Verbs/ and a line here.</summary>
internal static class ProviderVerbs
{
    /// <summary>Each takes a call and writes its lines; the last one, with the error if there was one, is not the verb's to write.</summary>
    public static IReadOnlyDictionary<string, Func<ProviderCall, Task>> All { get; } = new Dictionary<string, Func<ProviderCall, Task>>(StringComparer.Ordinal)
    {
        ["list"] = LookVerbs.ListAsync,
        ["get"] = LookVerbs.GetAsync,
        ["test"] = TestVerb.RunAsync,
        ["create"] = CreateVerb.RunAsync,
        ["start"] = LifecycleVerbs.StartAsync,
        ["stop"] = LifecycleVerbs.StopAsync,
        ["remove"] = LifecycleVerbs.RemoveAsync,
        ["connect"] = ConnectVerb.RunAsync,
        ["checkpoint"] = CheckpointVerbs.CheckpointAsync,
        ["checkpoints"] = CheckpointVerbs.ListAsync,
        ["restore"] = CheckpointVerbs.RestoreAsync,
        ["remove-checkpoint"] = CheckpointVerbs.RemoveAsync,
        ["clone"] = CheckpointVerbs.CloneAsync,
        ["start-process"] = ProcessVerbs.StartAsync,
        ["list-processes"] = ProcessVerbs.ListAsync,
        ["get-process"] = ProcessVerbs.GetAsync,
        ["wait-process"] = ProcessVerbs.WaitAsync,
        ["stop-process"] = ProcessVerbs.StopAsync,
        ["read-process"] = ProcessVerbs.ReadAsync,
        ["check"] = CheckVerb.RunAsync,
    };
}
