using System.Diagnostics;
using System.Globalization;

namespace AgentSandbox.StandIn.Wsb.Verbs;

/// <summary>
/// <c>exec</c>: exit code 0 whenever it was dispatched, the command's own in the JSON, no streams of the command. Faults: <c>exec-fails</c> (an
/// HRESULT, for all but the question whether somebody is logged on), <c>exec-silent</c> (no answer).
/// </summary>
internal static class ExecVerb
{
    private const string IsSomebodyThere = @"cmd.exe /d /c exit 0";

    public static int Run(StandInState state, Options options)
    {
        Instance instance = state.Find(options.Required("--id"));
        string command = options.Required("--command");
        if (options.Required("--run-as") is "ExistingLogin" && !instance.IsLoggedOn)
        {
            throw new WsbFailure(WsbFailure.NoLogonSession, "Eine angegebene Anmeldesitzung ist nicht vorhanden. Sie wurde gegebenenfalls bereits beendet.");
        }

        int code = 0;
        if (command != IsSomebodyThere)
        {
            code = state.Fault("exec-fails", 0) is not 0 and int failure
                ? throw new WsbFailure(failure, "Der Prozess konnte in der Windows-Sandbox-Umgebung nicht gestartet werden.")
                : RunInside(state, instance, command);
        }

        if (state.Fault("exec-silent") is null)
        {
            Console.WriteLine(options.IsRaw ? string.Create(CultureInfo.InvariantCulture, $$"""{"ExitCode":{{code}}}""") : $"Der Befehl wurde mit dem Code {code} beendet.");
        }

        return 0;
    }

    /// <summary>Runs a command with the mapped folders where the instance would have them, and remembers it for <c>stop</c>.</summary>
    private static int RunInside(StandInState state, Instance instance, string command)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows() ? MappedFolders.OnWine(instance, command) : MappedFolders.OnLinux(instance, command);
        using Process process = Start(start);
        string mark = Path.Combine(state.Processes, process.Id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(mark, instance.Id);
        process.WaitForExit();
        File.Delete(mark);
        return process.ExitCode;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            // No stream of a command comes out, "no support for process I/O"; what it says goes to a file, for whoever wants to know.
            start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            _ = process.StandardOutput.ReadToEndAsync();
            _ = process.StandardError.ReadToEndAsync();
            return process;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new WsbFailure(WsbFailure.FileNotFound, "Das System kann die angegebene Datei nicht finden.");
        }
    }
}
