using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Finds out whose the one instance is.</summary>
internal static class InstanceHolder
{
    /// <summary>Names who holds it, as the end of the sentence "it is …".</summary>
    /// <param name="home">This backend's own state folder.</param>
    /// <param name="except">A sandbox that is not meant, such as the one that asks.</param>
    /// <param name="instances">Ids of the instances there are; null when only keepers are asked about.</param>
    public static string Describe(SandboxHome home, string? except = null, IReadOnlyList<string>? instances = null)
    {
        var store = new RecordStore(home);
        foreach (string id in store.Ids().Where(i => i != except))
        {
            if (store.TryRead(id) is { } record && StateFile.TryRead(new InstancePaths(home, id).State, InstanceJson.Default.InstanceState) is { } state
                && (instances?.Contains(state.InstanceId) ?? FileLock.IsHeld(new InstancePaths(home, id).KeeperLock)))
            {
                return string.Create(CultureInfo.InvariantCulture, $"that of the sandbox '{record.Name}' (made by {state.Creator ?? "an unknown process"}; kept by process {state.KeeperId})");
            }
        }

        return InstanceErrors.NotOurs;
    }
}
