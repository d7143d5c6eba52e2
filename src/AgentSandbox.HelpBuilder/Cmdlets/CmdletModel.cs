namespace AgentSandbox.HelpBuilder.Cmdlets;

/// <summary>A compiled cmdlet.</summary>
/// <param name="Name">Verb-Noun.</param>
/// <param name="DefaultSet">Name of the default parameter set; null when there is but one.</param>
/// <param name="Parameters">In the order in which PowerShell shows them.</param>
/// <param name="OutputTypes">Names of what it writes.</param>
internal sealed record CmdletModel(string Name, string? DefaultSet, IReadOnlyList<ParameterModel> Parameters, IReadOnlyList<string> OutputTypes)
{
    /// <summary>Verb.</summary>
    public string Verb => Name[..Name.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>Noun.</summary>
    public string Noun => Name[(Name.IndexOf('-', StringComparison.Ordinal) + 1)..];

    /// <summary>The parameter sets, the default one first.</summary>
    public IReadOnlyList<string> Sets
    {
        get
        {
            List<string> names = [.. Parameters.SelectMany(parameter => parameter.Sets).Select(set => set.Set).Where(name => name != ParameterSetModel.All).Distinct().OrderBy(name => name != DefaultSet)];
            return names.Count == 0 ? [ParameterSetModel.All] : names;
        }
    }

    /// <summary>The parameters of one set: by position, then mandatory ones, then the rest as declared.</summary>
    public IEnumerable<(ParameterModel Parameter, ParameterSetModel Set)> In(string set) => Parameters
        .Select(parameter => (Parameter: parameter, Set: parameter.Sets.FirstOrDefault(candidate => candidate.Set == set || candidate.Set == ParameterSetModel.All)))
        .Where(pair => pair.Set is not null)
        .Select(pair => (pair.Parameter, pair.Set!))
        .OrderBy(pair => pair.Item2.Position ?? int.MaxValue)
        .ThenBy(pair => !pair.Item2.Mandatory);
}

/// <summary>A parameter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeName">Name of its type as PowerShell shows it.</param>
/// <param name="IsSwitch">It takes no value.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="Wildcards">It takes wildcards.</param>
/// <param name="Values">The names of its enumeration, else none.</param>
/// <param name="Sets">Its sets.</param>
internal sealed record ParameterModel(string Name, string TypeName, bool IsSwitch, IReadOnlyList<string> Aliases, bool Wildcards, IReadOnlyList<string> Values, IReadOnlyList<ParameterSetModel> Sets)
{
    /// <summary>PowerShell's own text is the description of these two.</summary>
    public bool IsRiskMitigation => Name is "WhatIf" or "Confirm";
}

/// <summary>A parameter's part in one parameter set.</summary>
/// <param name="Set">Name of the set.</param>
/// <param name="Mandatory">It must be given.</param>
/// <param name="Position">Its position, if any.</param>
/// <param name="ByValue">It takes pipeline objects.</param>
/// <param name="ByPropertyName">It takes a property of pipeline objects.</param>
internal sealed record ParameterSetModel(string Set, bool Mandatory, int? Position, bool ByValue, bool ByPropertyName)
{
    /// <summary>PowerShell's name for "in all sets".</summary>
    public const string All = "__AllParameterSets";

    /// <summary>How it takes pipeline input, in the words of PowerShell's help.</summary>
    public string Pipeline => (ByValue, ByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };
}
