using System.Xml.Linq;
using AgentSandbox.HelpBuilder.Cmdlets;
using AgentSandbox.HelpBuilder.Pages;

namespace AgentSandbox.HelpBuilder.Maml;

/// <summary>Writes the XML file that Get-Help reads beside a binary module.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace s_root = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>Writes the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pages">The cmdlets with what is written about them.</param>
    /// <param name="online">Address of the folder of the pages; null when the project is published nowhere.</param>
    public static void Write(string file, IEnumerable<(CmdletModel Cmdlet, HelpPage Page)> pages, string? online)
    {
        XElement items = new(
            s_root + "helpItems",
            new XAttribute("schema", "maml"),
            pages.Select(pair => Command(pair.Cmdlet, pair.Page, online)));
        new XDocument(new XDeclaration("1.0", "utf-8", null), items).Save(file);
    }

    private static XElement Command(CmdletModel cmdlet, HelpPage page, string? online) => new(
        s_command + "command",
        new XAttribute(XNamespace.Xmlns + "maml", s_maml),
        new XAttribute(XNamespace.Xmlns + "command", s_command),
        new XAttribute(XNamespace.Xmlns + "dev", s_dev),
        new XElement(
            s_command + "details",
            new XElement(s_command + "name", cmdlet.Name),
            new XElement(s_command + "verb", cmdlet.Verb),
            new XElement(s_command + "noun", cmdlet.Noun),
            new XElement(s_maml + "description", new XElement(s_maml + "para", page.Synopsis))),
        new XElement(s_maml + "description", Paragraphs(page.Description)),
        new XElement(s_command + "syntax", cmdlet.Sets.Select(set => SyntaxItem(cmdlet, page, set))),
        new XElement(s_command + "parameters", cmdlet.Parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal).Select(parameter => Parameter(parameter, parameter.Sets[0], page))),
        new XElement(s_command + "inputTypes", page.Inputs.Select(input => TypedText("inputType", input.Type, input.Text))),
        new XElement(s_command + "returnValues", page.Outputs.Select(output => TypedText("returnValue", output.Type, output.Text))),
        new XElement(s_maml + "alertSet", new XElement(s_maml + "alert", Paragraphs(page.Notes))),
        new XElement(s_command + "examples", page.Examples.Select(Example)),
        new XElement(
            s_command + "relatedLinks",
            online is null ? null : Link("Online version:", $"{online}{cmdlet.Name}.md"), // The first link with an address is what Get-Help -Online opens.
            page.Links.Select(link => Link(link, null))));

    private static XElement Link(string text, string? address) => new(s_maml + "navigationLink", new XElement(s_maml + "linkText", text), new XElement(s_maml + "uri", address));

    private static XElement SyntaxItem(CmdletModel cmdlet, HelpPage page, string set) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", cmdlet.Name),
        cmdlet.In(set).Select(pair => Parameter(pair.Parameter, pair.Set, page)));

    private static XElement Parameter(ParameterModel parameter, ParameterSetModel set, HelpPage page) => new(
        s_command + "parameter",
        new XAttribute("required", set.Mandatory ? "true" : "false"),
        new XAttribute("variableLength", "true"),
        new XAttribute("globbing", parameter.Wildcards ? "true" : "false"),
        new XAttribute("pipelineInput", set.Pipeline),
        new XAttribute("position", set.Position?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "named"),
        new XAttribute("aliases", parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases)),
        new XElement(s_maml + "name", parameter.Name),
        new XElement(s_maml + "description", Paragraphs(Describe(parameter, page))),
        parameter.IsSwitch ? null : new XElement(s_command + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), parameter.TypeName),
        new XElement(s_dev + "type", new XElement(s_maml + "name", parameter.TypeName), new XElement(s_maml + "uri")),
        new XElement(s_dev + "defaultValue", parameter.IsSwitch ? "False" : "None"));

    private static string Describe(ParameterModel parameter, HelpPage page) => parameter.Name switch
    {
        "WhatIf" => "Says what would happen, and changes nothing.",
        "Confirm" => "Asks before each change.",
        _ => page.Parameters[parameter.Name],
    };

    private static XElement TypedText(string element, string type, string text) => new(
        s_command + element,
        new XElement(s_dev + "type", new XElement(s_maml + "name", type)),
        new XElement(s_maml + "description", Paragraphs(text)));

    private static XElement Example(HelpExample example) => new(
        s_command + "example",
        new XElement(s_maml + "title", $"-------- {MarkdownText.Plain(example.Title)} --------"),
        new XElement(s_dev + "code", example.Code),
        new XElement(s_dev + "remarks", Paragraphs(example.Remarks)));

    private static IEnumerable<XElement> Paragraphs(string markdown) => MarkdownText.Paragraphs(markdown).Select(paragraph => new XElement(s_maml + "para", paragraph));
}
