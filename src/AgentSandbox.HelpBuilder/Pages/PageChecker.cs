using AgentSandbox.HelpBuilder.Cmdlets;

namespace AgentSandbox.HelpBuilder.Pages;

/// <summary>What a page must have so that its help is whole.</summary>
internal static class PageChecker
{
    private const int MinExamples = 2;

    /// <summary>Names what is wrong with a page.</summary>
    public static IEnumerable<string> Check(HelpPage page, CmdletModel cmdlet)
    {
        if (page.Title != cmdlet.Name)
        {
            yield return $"its title is '{page.Title}', not '{cmdlet.Name}'";
        }

        if (page.Synopsis.Length == 0 || page.Description.Length == 0)
        {
            yield return "SYNOPSIS or DESCRIPTION is empty";
        }

        if (page.Examples.Count(example => example.Code.Length > 0) < MinExamples)
        {
            yield return $"it has fewer than {MinExamples} examples with code";
        }

        foreach (ParameterModel parameter in cmdlet.Parameters.Where(parameter => !parameter.IsRiskMitigation))
        {
            if (!page.Parameters.TryGetValue(parameter.Name, out string? text) || text.Length == 0)
            {
                yield return $"-{parameter.Name} is not described";
            }
        }

        foreach (string name in page.Parameters.Keys.Where(name => cmdlet.Parameters.All(parameter => parameter.Name != name)))
        {
            yield return $"-{name} is described, but the cmdlet has no such parameter";
        }
    }
}
