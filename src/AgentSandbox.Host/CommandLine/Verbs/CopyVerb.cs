using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>copy</c>: files and folders into a sandbox and out of it.</summary>
internal static class CopyVerb
{
    private static readonly Argument<string> s_source = new("source") { HelpName = "SOURCE", Description = "PATH on this machine, or NAME:PATH in a sandbox." };
    private static readonly Argument<string> s_destination = new("destination") { HelpName = "DESTINATION", Description = "The other side. A folder that exists, or a path that ends in '/', receives the source under its own name." };

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("copy", "Copy a file or folder into a sandbox or out of it.")
        {
            Usage = "agentsandbox copy SOURCE DESTINATION [options]",
            Handler = HandleAsync,
            Examples =
            [
                ("In", "agentsandbox copy ./data box:/tmp/"),
                ("Out", "agentsandbox copy box:/tmp/result.json ."),
                ("A local file with a colon in its name", "agentsandbox copy ./a:b box:/tmp/a:b"),
            ],
            Notes = "What comes out of a sandbox is not trusted: only files, folders and links below the destination are made, and no link\nis followed. What was left out is said on standard error.",
        };
        verb.Arguments.Add(s_source);
        verb.Arguments.Add(s_destination);
        verb.Options.Add(CommonOptions.User);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    /// <summary>Tells the two sides apart.</summary>
    /// <param name="text">A side as it was written.</param>
    /// <param name="isWindows">This machine's paths may begin with a drive and have backslashes.</param>
    /// <returns>Sandbox and path there; the sandbox is null for a path of this machine.</returns>
    internal static (string? Sandbox, string Path) Side(string text, bool isWindows)
    {
        // As scp(1): a colon before any slash ends a name. A path of this machine can always be written with a slash in front of the colon.
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        bool isPath = colon > 0 && (text.AsSpan(0, colon).IndexOfAny('/', isWindows ? '\\' : '/') >= 0 || (isWindows && colon == 1 && char.IsAsciiLetter(text[0])));
        return colon > 0 && !isPath ? (text[..colon], text[(colon + 1)..]) : (null, text);
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        (string? fromSandbox, string from) = Side(invocation.Value(s_source)!, OperatingSystem.IsWindows());
        (string? toSandbox, string to) = Side(invocation.Value(s_destination)!, OperatingSystem.IsWindows());
        if ((fromSandbox is null) == (toSandbox is null))
        {
            throw new UsageException(
                fromSandbox is null ? "Neither side of the copy is in a sandbox." : "Both sides of the copy are in a sandbox.",
                "Write one side as NAME:PATH, such as box:/tmp/file. A path of this machine with a colon in it begins with ./ or /.");
        }

        if (from.Length == 0 || to.Length == 0)
        {
            throw new UsageException("A path is empty.", "Write a path on both sides, absolute in the sandbox, such as box:/tmp/.");
        }

        await using var manager = new SandboxManager();
        string id = manager.Get((fromSandbox ?? toSandbox)!).Id;
        string? user = invocation.Value(CommonOptions.User);
        CopyResult result;
        using (ProgressLine<CopyProgress>? progress = ProgressLine<CopyProgress>.ForTerminal(Describe))
        {
            try
            {
                result = toSandbox is not null
                    ? await manager.CopyToAsync(id, Path.GetFullPath(from), to, user, progress, invocation.CancellationToken)
                    : await manager.CopyFromAsync(id, from, Path.GetFullPath(to), user, progress, invocation.CancellationToken);
            }
            catch (OperationCanceledException) when (invocation.Signals.First != 0)
            {
                throw new InterruptedException(invocation.Signals.First);
            }
        }

        if (invocation.Json)
        {
            Report.Json(result, ReportJson.Readable.CopyResult);
        }
        else
        {
            Report.Warnings(result.Skipped.Select(s => $"left out: {s}"));
        }

        return 0;
    }


    private static string Describe(CopyProgress progress) =>
        $"{progress.Entries} files, {ByteSize.Format(progress.Bytes)}{(progress.TotalBytes is { } total ? $" of {ByteSize.Format(total)}" : "")}  {progress.CurrentPath}";
}
