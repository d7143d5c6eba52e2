namespace AgentSandbox.StandIn.Wsb.Verbs;

/// <summary>
/// <c>start</c>: one instance at a time. Faults: <c>start-takes</c> (milliseconds), <c>start-fails</c> (an HRESULT, and no instance),
/// <c>start-late</c> (milliseconds: it fails with 0x80070002, and the instance is listed after that time), <c>start-list</c> (the list's shape),
/// <c>start-says</c> (what it writes instead of its answer).
/// </summary>
internal static class StartVerb
{
    public static int Run(StandInState state, Options options)
    {
        string id = options["--id"] ?? Guid.NewGuid().ToString();
        (Folder[] folders, bool hasNetwork) = options["--config"] is { } text ? Configuration.Read(text) : ([], true);
        if (state.Fault("start-fails", 0) is not 0 and int code)
        {
            throw new WsbFailure(code, "Windows-Sandbox konnte nicht gestartet werden.");
        }

        int late = state.Fault("start-late", 0);
        var instance = new Instance { Id = id, ListedFrom = DateTimeOffset.UtcNow.AddMilliseconds(late), Folders = folders, HasNetwork = hasNetwork };
        if (!state.Alone(i => (i ?? instance, i is null)))
        {
            throw new WsbFailure(WsbFailure.SingleInstance, "Es ist nur eine ausgeführte Instanz von Windows-Sandbox zulässig.");
        }

        Thread.Sleep(state.Fault("start-takes", 300));
        if (late > 0)
        {
            throw new WsbFailure(WsbFailure.FileNotFound, "Das System kann die angegebene Datei nicht finden.");
        }

        Console.WriteLine(state.Fault("start-says") ?? (!options.IsRaw ? $"Windows-Sandbox wurde gestartet: {id}" : state.Fault("start-list") is null ? Json.One(id) : Json.List(id)));
        return 0;
    }
}
