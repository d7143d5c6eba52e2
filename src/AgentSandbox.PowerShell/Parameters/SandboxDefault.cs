using System.Globalization;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>One of the user's defaults.</summary>
/// <param name="Name">What it is about: a property of <see cref="SandboxSpecification"/>.</param>
/// <param name="Value">Its value, of that property's type.</param>
/// <param name="Path">The file that says so.</param>
public sealed record SandboxDefault(string Name, object Value, string Path)
{
    /// <summary>The value as one would write it for the parameter.</summary>
    public override string ToString() => Value switch
    {
        long bytes when Name is nameof(SandboxSpecification.Memory) or nameof(SandboxSpecification.DiskLimit) => bytes == 0 ? "unlimited" : ByteSize.Format(bytes),
        IReadOnlyDictionary<string, string> variables => string.Join(", ", variables.Select(variable => $"{variable.Key}={variable.Value}")),
        IEnumerable<object> items => string.Join(", ", items),
        _ => Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>Lists what is said.</summary>
    /// <param name="defaults">The defaults.</param>
    internal static IEnumerable<SandboxDefault> Of(SandboxDefaults defaults) =>
        defaults.Names.Select(name => new SandboxDefault(name, typeof(SandboxSpecification).GetProperty(name)!.GetValue(defaults.Specification)!, defaults.FilePath!));
}
