using System.Collections;
using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Reads <c>-Environment</c>: any dictionary; values become text as PowerShell writes them.</summary>
internal static class EnvironmentParameter
{
    /// <summary>Reads the values; names are checked by the library.</summary>
    public static IReadOnlyDictionary<string, string> Read(IDictionary? values)
    {
        Dictionary<string, string> result = new(StringComparer.Ordinal);
        if (values is not null)
        {
            foreach (DictionaryEntry entry in values)
            {
                result[Text(entry.Key)] = Text(entry.Value);
            }
        }

        return result;
    }

    private static string Text(object? value) => (string?)LanguagePrimitives.ConvertTo(value, typeof(string), System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
