using System.Globalization;
using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Invocation;

namespace AgentSandbox.PowerShell.Views;

/// <summary>
/// What the views show of an object, as texts: sizes and ages that people can read, and what a guest may have chosen made harmless. The views call it; where a PowerShell of constrained language
/// forbids that, they clean the text with PowerShell's own -replace, and leave out what has to be computed. No member of the objects, for that would be serialized with them.
/// </summary>
public static class DisplayView
{
    /// <summary>Makes the texts of an object.</summary>
    /// <param name="item">One of the module's objects.</param>
    /// <returns>An object with a property for each text.</returns>
    public static object Of(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        PSObject view = new();
        object value = item.BaseObject;
        foreach (System.Reflection.PropertyInfo property in value.GetType().GetProperties())
        {
            if (property.GetIndexParameters().Length == 0 && (property.PropertyType == typeof(string) || typeof(IEnumerable<string>).IsAssignableFrom(property.PropertyType)))
            {
                Add(view, property.Name, Text(property.GetValue(value)));
            }
        }

        switch (value)
        {
            case Sandbox sandbox:
                Add(view, "Age", Age(DateTimeOffset.Now - sandbox.Created));
                Add(view, "Expires", sandbox.Expires is { } end ? Remaining(end - DateTimeOffset.Now) : "");
                Add(view, "Memory", $"{(sandbox.MemoryUsage is { } used ? ByteSize.Format(used) : "-")} / {(sandbox.Limits.Memory is > 0 and { } limit ? ByteSize.Format(limit) : "unlimited")}");
                Add(view, "MemoryUsage", sandbox.MemoryUsage is { } usage ? ByteSize.Format(usage) : "");
                Add(view, "State", sandbox.StateReason is { Length: > 0 } reason ? $"{sandbox.State}: {TerminalText.Line(reason)}" : sandbox.State.ToString());
                break;
            case SandboxImage image:
                Add(view, "Size", ByteSize.Format(image.Size));
                Add(view, "Created", Moment(image.Created, "yyyy-MM-dd HH:mm"));
                break;
            case SandboxCheckpoint checkpoint:
                Add(view, "Size", ByteSize.Format(checkpoint.Size));
                Add(view, "Created", Moment(checkpoint.Created, "yyyy-MM-dd HH:mm:ss"));
                break;
            case SandboxProcess process:
                Add(view, "Age", Age(DateTimeOffset.Now - process.StartTime));
                break;
            case CopyResult copy:
                Add(view, "Bytes", ByteSize.Format(copy.Bytes));
                break;
            case SandboxCommandResult result:
                Add(view, "Duration", Span(result.Duration));
                Add(view, "StandardOutput", result.StandardOutput is byte[] bytes ? $"{bytes.Length} bytes" : TerminalText.Lines(result.StandardOutput as string));
                Add(view, "StandardError", TerminalText.Lines(result.StandardError));
                Add(view, "FirstOutput", result.StandardOutput is byte[] raw ? $"{raw.Length} bytes" : FirstLine(result.StandardOutput as string));
                Add(view, "FirstError", FirstLine(result.StandardError));
                break;
            case IsolationResult verdict:
                Add(view, "Duration", Span(verdict.Duration));
                break;
            case IsolationSummary summary:
                Add(view, "Duration", Span(summary.Duration));
                Add(view, "Why", string.Join(Environment.NewLine, summary.Why.Select(TerminalText.Line)));
                break;
            case Backends.BackendSetupResult setup:
                Add(view, "Checks", string.Join(Environment.NewLine, setup.Checks.Select(TerminalText.Line)));
                break;
            case Parameters.SandboxDefault:
                Add(view, "Value", TerminalText.Line(value.ToString()));
                break;
            case ErrorRecord line:
                Add(view, "Message", TerminalText.Lines(line.Exception.Message));
                break;
            default:
                break;
        }

        return view;
    }

    private static void Add(PSObject view, string name, string text)
    {
        view.Properties.Remove(name);
        view.Properties.Add(new PSNoteProperty(name, text));
    }

    private static string Text(object? value) => value switch
    {
        IEnumerable<string> list => string.Join(", ", list.Select(TerminalText.Line)),
        _ => TerminalText.Line(value as string),
    };

    private static string FirstLine(string? text) => TerminalText.Line(text?.Split('\n', 2)[0].TrimEnd('\r'));

    private static string Moment(DateTimeOffset time, string format) => time.ToLocalTime().ToString(format, CultureInfo.InvariantCulture);

    private static string Span(TimeSpan span) => span.TotalSeconds < 1
        ? span.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms"
        : span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    private static string Remaining(TimeSpan span) => span <= TimeSpan.Zero ? "now" : "in " + Age(span);

    private static string Age(TimeSpan span) =>
        span.TotalDays >= 1 ? $"{Math.Floor(span.TotalDays):0}d"
        : span.TotalHours >= 1 ? $"{Math.Floor(span.TotalHours):0}h"
        : span.TotalMinutes >= 1 ? $"{Math.Floor(span.TotalMinutes):0}m"
        : $"{Math.Max(0, Math.Floor(span.TotalSeconds)):0}s";
}
