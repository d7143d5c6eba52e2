using System.Text.Json;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Says on standard error what went wrong and what to do.</summary>
internal static class ErrorReport
{
    /// <summary>Id of an error that has none: a defect of this product, or of the machine.</summary>
    public const string UnexpectedError = nameof(UnexpectedError);

    /// <summary>Reports it.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="json">As JSON.</param>
    public static void Write(Exception exception, bool json)
    {
        if (exception is InterruptedException)
        {
            // Who pressed Ctrl+C knows what happened.
            return;
        }

        ErrorObject error = Describe(exception);
        Report.Notice(json ? JsonSerializer.Serialize(error, ReportJson.Readable.ErrorObject) : Format(error));
    }

    /// <summary>Formats it for people.</summary>
    /// <param name="error">The error.</param>
    /// <returns>The text; a block for each problem.</returns>
    internal static string Format(ErrorObject error)
    {
        IEnumerable<(string Id, string Message, string Action)> blocks = error.Problems.Count > 0
            ? error.Problems.Select(p => (p.ErrorId, p.Message, p.RecommendedAction))
            : [(error.ErrorId, error.Message, error.RecommendedAction)];
        return string.Join("\n", blocks.Select(b => $"agentsandbox: error {b.Id}: {Indent(b.Message)}\n  {Indent(b.Action)}"));
    }

    /// <summary>Makes the object of it.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <returns>The object.</returns>
    internal static ErrorObject Describe(Exception exception) => exception is SandboxException known
        ? new ErrorObject { ErrorId = known.ErrorId, Message = known.Message, RecommendedAction = known.RecommendedAction, Target = known.Target?.ToString(), Problems = known.Problems }
        : new ErrorObject
        {
            ErrorId = UnexpectedError,
            Message = $"{exception.GetType().Name}: {exception.Message}",
            RecommendedAction = "If the machine is well (disk, memory, permissions), this is a defect of agentsandbox: please report it with the command that you ran.",
        };

    private static string Indent(string text) => string.Join("\n  ", text.Split('\n').Select(PrintableText.Clean));
}
