using AgentSandbox.HelpBuilder.Cmdlets;
using AgentSandbox.HelpBuilder.Maml;
using AgentSandbox.HelpBuilder.Pages;

namespace AgentSandbox.HelpBuilder;

/// <summary>
/// Joins the pages (what people write) with the compiled cmdlets (what is true): <c>build</c> checks the pages and writes the
/// help file, <c>update</c> rewrites the generated blocks of the pages, <c>SYNTAX</c> and each parameter's facts.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is not ["build" or "update", var assembly, var references, var pagesFolder, .. var output] || (args[0] == "build" && output.Length != 2))
        {
            Console.Error.WriteLine("usage: build ASSEMBLY REFERENCE;REFERENCE;... PAGES OUTPUT MANIFEST | update ASSEMBLY REFERENCE;... PAGES");
            return 2;
        }

        IReadOnlyList<CmdletModel> cmdlets = CmdletReader.Read(assembly, references.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        List<string> problems = [];
        List<(CmdletModel Cmdlet, HelpPage Page)> pages = [];
        foreach (CmdletModel cmdlet in cmdlets)
        {
            string file = Path.Combine(pagesFolder, cmdlet.Name + ".md");
            if (!File.Exists(file))
            {
                problems.Add($"{file}: the page of {cmdlet.Name} is missing");
                continue;
            }

            if (args[0] == "update")
            {
                PageUpdater.Update(file, cmdlet);
                continue;
            }

            HelpPage page = HelpPage.Parse(File.ReadAllText(file));
            problems.AddRange(PageChecker.Check(page, cmdlet).Select(problem => $"{file}: {problem}"));
            if (!PageUpdater.IsCurrent(file, cmdlet))
            {
                problems.Add($"{file}: its generated blocks are out of date; run ./build.ps1 -Task Help");
            }

            pages.Add((cmdlet, page));
        }

        if (args[0] == "build" && problems.Count == 0)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output[0]))!);
            MamlWriter.Write(output[0], pages, OnlineHelp.FolderOf(File.ReadAllText(output[1])));
        }

        foreach (string problem in problems)
        {
            // The form that MSBuild reads as an error of its own.
            Console.Error.WriteLine(problem.Replace(".md: ", ".md(1,1): error HELP001: ", StringComparison.Ordinal));
        }

        return problems.Count == 0 ? 0 : 1;
    }
}
