using System.Text;
using AgentSandbox.StandIn.Wsb.Verbs;

namespace AgentSandbox.StandIn.Wsb;

/// <summary>Stands in for <c>wsb.exe</c> of Windows 11 24H2: its verbs, its <c>--raw</c> JSON, its HRESULTs. What it does wrong on purpose is asked for in its state folder.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        StandInState state = StandInState.Open();
        state.Log(string.Join(' ', args.Select(a => a.Length > 200 ? a[..200] + "…" : a)));
        try
        {
            return args switch
            {
                ["--version"] => VersionVerb.Run(state),
                ["list", ..] => ListVerb.Run(state, Options.Parse(args[1..], "--raw")),
                ["start", ..] => StartVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=", "--config=")),
                ["exec", ..] => ExecVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=", "--command=", "--run-as=", "--working-directory=")),
                ["stop", ..] => StopVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=")),
                ["connect", ..] => ConnectVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=")),
                ["ip", ..] => IpVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=")),
                ["share", ..] => ShareVerb.Run(state, Options.Parse(args[1..], "--raw", "--id=", "--host-path=", "--sandbox-path=", "--allow-write")),
                _ => throw new WsbFailure(WsbFailure.InvalidArgument, "Unbekannter Befehl."),
            };
        }
        catch (WsbFailure e)
        {
            // As measured: the text, localised, with the HRESULT in parentheses, on standard error; the HRESULT is the exit code, of which Linux keeps eight bits.
            Console.Error.WriteLine($"{e.Message} (0x{e.Status:X8})");
            return e.Status;
        }
    }
}
