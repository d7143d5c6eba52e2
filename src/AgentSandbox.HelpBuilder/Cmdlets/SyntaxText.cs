using System.Text;

namespace AgentSandbox.HelpBuilder.Cmdlets;

/// <summary>A parameter set in PowerShell's notation: <c>Verb-Noun [-Name] &lt;String[]&gt; [-Force]</c>.</summary>
internal static class SyntaxText
{
    private const int Width = 110;

    /// <summary>Writes one set.</summary>
    public static string Write(CmdletModel cmdlet, string set)
    {
        StringBuilder result = new();
        string line = cmdlet.Name;
        foreach (string part in cmdlet.In(set).Select(pair => Part(pair.Parameter, pair.Set)).Append("[<CommonParameters>]"))
        {
            if (line.Length + part.Length + 1 > Width)
            {
                result.Append(line).Append('\n');
                line = "   ";
            }

            line += " " + part;
        }

        return result.Append(line).ToString();
    }

    private static string Part(ParameterModel parameter, ParameterSetModel set)
    {
        string name = set.Position is null ? $"-{parameter.Name}" : $"[-{parameter.Name}]";
        string whole = parameter.IsSwitch ? name : $"{name} <{parameter.TypeName}>";
        return set.Mandatory ? whole : $"[{whole}]";
    }
}
