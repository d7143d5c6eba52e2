using System.Reflection;

namespace AgentSandbox.HelpBuilder.Cmdlets;

/// <summary>Reads cmdlets from their assembly without running it: the reference assembly of PowerShell can't be run.</summary>
internal static class CmdletReader
{
    private const string Automation = "System.Management.Automation.";

    /// <summary>Reads every cmdlet.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="references">What it was compiled against.</param>
    public static IReadOnlyList<CmdletModel> Read(string assembly, IEnumerable<string> references)
    {
        // The same simple name may come from two places; the compile reference wins.
        Dictionary<string, string> paths = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in references.Append(assembly).Concat(Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll")))
        {
            paths.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        using MetadataLoadContext context = new(new PathAssemblyResolver(paths.Values));
        return [.. context.LoadFromAssemblyPath(Path.GetFullPath(assembly)).GetExportedTypes()
            .Where(type => !type.IsAbstract)
            .Select(type => (Type: type, Attribute: Find(type.CustomAttributes, "CmdletAttribute")))
            .Where(pair => pair.Attribute is not null)
            .Select(pair => ReadCmdlet(pair.Type, pair.Attribute!))
            .OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];
    }

    private static CmdletModel ReadCmdlet(Type type, CustomAttributeData attribute)
    {
        List<ParameterModel> parameters = [.. Properties(type).Select(ReadParameter).OfType<ParameterModel>()];
        if (Named<bool>(attribute, "SupportsShouldProcess"))
        {
            ParameterSetModel everywhere = new(ParameterSetModel.All, Mandatory: false, Position: null, ByValue: false, ByPropertyName: false);
            parameters.Add(new ParameterModel("WhatIf", "SwitchParameter", IsSwitch: true, ["wi"], Wildcards: false, [], [everywhere]));
            parameters.Add(new ParameterModel("Confirm", "SwitchParameter", IsSwitch: true, ["cf"], Wildcards: false, [], [everywhere]));
        }

        List<string> outputs = [.. type.CustomAttributes
            .Where(data => Is(data, "OutputTypeAttribute"))
            .SelectMany(data => (IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)
            .Select(argument => ((Type)argument.Value!).FullName!)];
        return new CmdletModel($"{attribute.ConstructorArguments[0].Value}-{attribute.ConstructorArguments[1].Value}", Named<string>(attribute, "DefaultParameterSetName"), parameters, outputs);
    }

    private static IEnumerable<PropertyInfo> Properties(Type type)
    {
        // One that a class overrides is its own, and no second one of its base.
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (Type? current = type; current is not null; current = current.BaseType)
        {
            foreach (PropertyInfo property in current.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(property => seen.Add(property.Name)))
            {
                yield return property;
            }
        }
    }

    private static ParameterModel? ReadParameter(PropertyInfo property)
    {
        List<ParameterSetModel> sets = [.. property.CustomAttributes.Where(data => Is(data, "ParameterAttribute")).Select(ReadSet)];
        if (sets.Count == 0)
        {
            return null;
        }

        Type type = property.PropertyType;
        if (type is { IsGenericType: true, Namespace: "System", Name: "Nullable`1" })
        {
            type = type.GetGenericArguments()[0];
        }

        Type element = type.IsArray ? type.GetElementType()! : type;
        IReadOnlyList<string> aliases = Find(property.CustomAttributes, "AliasAttribute") is { } alias
            ? [.. ((IEnumerable<CustomAttributeTypedArgument>)alias.ConstructorArguments[0].Value!).Select(argument => (string)argument.Value!)]
            : [];
        return new ParameterModel(
            property.Name,
            type.Name,
            type.FullName == Automation + "SwitchParameter",
            aliases,
            Find(property.CustomAttributes, "SupportsWildcardsAttribute") is not null,
            element.IsEnum ? [.. element.GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => field.Name)] : [],
            sets);
    }

    private static ParameterSetModel ReadSet(CustomAttributeData data) => new(
        Named<string>(data, "ParameterSetName") ?? ParameterSetModel.All,
        Named<bool>(data, "Mandatory"),
        data.NamedArguments.Any(argument => argument.MemberName == "Position") ? Named<int>(data, "Position") : null,
        Named<bool>(data, "ValueFromPipeline"),
        Named<bool>(data, "ValueFromPipelineByPropertyName"));

    private static CustomAttributeData? Find(IEnumerable<CustomAttributeData> attributes, string name) => attributes.FirstOrDefault(data => Is(data, name));

    private static bool Is(CustomAttributeData data, string name) => data.AttributeType.FullName == Automation + name;

    private static T? Named<T>(CustomAttributeData data, string name)
    {
        foreach (CustomAttributeNamedArgument argument in data.NamedArguments)
        {
            if (argument.MemberName == name)
            {
                return (T?)argument.TypedValue.Value;
            }
        }

        return default;
    }
}
