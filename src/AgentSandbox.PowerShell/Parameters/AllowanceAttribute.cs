using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>
/// Lets a parameter take names of allowances. PowerShell alone would take numbers and beginnings of names, which may mean another thing in the next
/// version, and would not say which name is the nearest.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AllowanceAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Plain(inputData);
        return value switch
        {
            null => null!,
            System.Collections.IEnumerable list and not string => list.Cast<object?>().Select(item => One(Plain(item))).ToArray(),
            _ => new[] { One(value) },
        };
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static SandboxAllowance One(object? value) => value switch
    {
        SandboxAllowance allowance => allowance, // A number that was cast to one is for the library to refuse.
        string text when AllowanceName.TryParse(text, out SandboxAllowance known) => known,
        _ => throw new ArgumentTransformationMetadataException($"{AllowanceName.Problem(value?.ToString())} {AllowanceName.Advice(value?.ToString())}"),
    };
}
