using System.Text.Json;

namespace AgentSandbox.StandIn.Wsb.Verbs;

/// <summary><c>--version</c>. Faults: <c>version-exit</c>, <c>version-hangs</c>.</summary>
internal static class VersionVerb
{
    public static int Run(StandInState state)
    {
        if (state.Fault("version-hangs") is not null)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        if (state.Fault("version-exit", 0) is not 0 and int code)
        {
            return code;
        }

        Console.WriteLine("0.0.0.0-standin");
        return 0;
    }
}

/// <summary><c>list</c>. Faults: <c>list-says</c> (what it writes instead), <c>list-fails</c> (an HRESULT).</summary>
internal static class ListVerb
{
    public static int Run(StandInState state, Options options)
    {
        if (state.Fault("list-fails", 0) is not 0 and int code)
        {
            throw new WsbFailure(code, "Die Umgebungen können nicht aufgelistet werden.");
        }

        if (state.Fault("list-says") is { } other)
        {
            Console.WriteLine(other);
            return 0;
        }

        Instance? instance = state.Look();
        string[] ids = instance?.IsListed == true ? [instance.Id] : [];
        Console.WriteLine(options.IsRaw ? Json.List(ids) : ids.Length == 0 ? "Es sind keine Windows-Sandbox-Umgebungen vorhanden." : $"Windows-Sandbox-Umgebung: {ids[0]}");
        return 0;
    }
}

/// <summary><c>connect</c>: logs on, and runs for the window's life. Faults: <c>logon-after</c> (milliseconds), <c>connect-exit</c>.</summary>
internal static class ConnectVerb
{
    public static int Run(StandInState state, Options options)
    {
        string id = options.Required("--id");
        _ = state.Find(id);
        if (state.Fault("connect-exit", 0) is not 0 and int code)
        {
            return code;
        }

        DateTimeOffset from = DateTimeOffset.UtcNow.AddMilliseconds(state.Fault("logon-after", 200));
        state.Alone<bool>(i => (i is null ? null : i with { LoggedOnFrom = i.LoggedOnFrom ?? from }, true));
        while (state.Look()?.Id == id)
        {
            Thread.Sleep(100);
        }

        return 0;
    }
}

/// <summary><c>ip</c>.</summary>
internal static class IpVerb
{
    public static int Run(StandInState state, Options options)
    {
        Instance instance = state.Find(options.Required("--id"));
        Console.WriteLine(instance.HasNetwork ? """{"Networks":[{"IpV4Address":"172.27.0.2"}]}""" : """{"Networks":[]}""");
        return 0;
    }
}

/// <summary><c>share</c>. Fault: <c>share-denied</c>.</summary>
internal static class ShareVerb
{
    public static int Run(StandInState state, Options options)
    {
        _ = state.Find(options.Required("--id"));
        var folder = new Folder(options.Required("--host-path"), options.Required("--sandbox-path"), options["--allow-write"] is null);
        if (state.Fault("share-denied") is not null)
        {
            throw new WsbFailure(WsbFailure.AccessDenied, "Zugriff verweigert");
        }

        state.Alone<bool>(i => (i is null ? null : i with { Folders = [.. i.Folders, folder] }, true));
        return 0;
    }
}

/// <summary>The shapes of answers.</summary>
internal static class Json
{
    public static string List(params string[] ids) => $$"""{"WindowsSandboxEnvironments":[{{string.Join(',', ids.Select(One))}}]}""";

    public static string One(string id) => $$"""{"Id":{{JsonSerializer.Serialize(id, StateJson.Default.String)}}}""";
}
