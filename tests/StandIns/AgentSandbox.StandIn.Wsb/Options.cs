namespace AgentSandbox.StandIn.Wsb;

/// <summary>The options of a verb, long and short as documented; an unknown one, or one without its value, is a failure.</summary>
internal sealed class Options
{
    private static readonly Dictionary<string, string> s_short = new() { ["-c"] = "", ["-r"] = "--run-as", ["-d"] = "--working-directory", ["-f"] = "--host-path", ["-s"] = "--sandbox-path", ["-w"] = "--allow-write" };
    private readonly Dictionary<string, string> _values = [];

    /// <summary>Reads them.</summary>
    /// <param name="args">What follows the verb.</param>
    /// <param name="known">The long names; those with a value end in '='.</param>
    public static Options Parse(string[] args, params string[] known)
    {
        var options = new Options();
        for (int i = 0; i < args.Length; i++)
        {
            string name = s_short.GetValueOrDefault(args[i], args[i]);
            name = name.Length == 0 ? (known.Contains("--config=") ? "--config" : "--command") : name;
            if (known.Contains(name))
            {
                options._values[name] = "";
            }
            else if (known.Contains(name + "=") && i + 1 < args.Length && !options._values.ContainsKey(name))
            {
                options._values[name] = args[++i];
            }
            else
            {
                throw new WsbFailure(WsbFailure.InvalidArgument, $"Unbekannte oder unvollständige Option '{args[i]}'.");
            }
        }

        return options;
    }

    /// <summary>JSON is asked for.</summary>
    public bool IsRaw => _values.ContainsKey("--raw");

    public string? this[string name] => _values.GetValueOrDefault(name);

    public string Required(string name) => this[name] ?? throw new WsbFailure(WsbFailure.InvalidArgument, $"Die Option '{name}' fehlt.");
}
