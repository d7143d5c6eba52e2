using System.Xml;
using System.Xml.Linq;

namespace AgentSandbox.Isolation.WindowsSandbox;

/// <summary>
/// The configuration that an instance was started with, read by itself and not by what wrote it, so that a mistake there shows here. It says what Windows was
/// asked for; that Windows did it is for other evidence to say.
/// </summary>
internal sealed class RequestedConfiguration
{
    private const int MaxCharacters = 1 << 18;

    private readonly ILookup<string, string> _elements;

    private RequestedConfiguration(ILookup<string, string> elements, IReadOnlyList<RequestedFolder> folders)
    {
        _elements = elements;
        Folders = folders;
    }

    /// <summary>The folders of the host that the instance was to see.</summary>
    public IReadOnlyList<RequestedFolder> Folders { get; }

    /// <summary>Reads a configuration.</summary>
    /// <param name="text">The XML.</param>
    /// <returns>What it asks for.</returns>
    /// <exception cref="ProbeFailedException">It can't be read, so nothing is known.</exception>
    public static RequestedConfiguration Parse(string text)
    {
        try
        {
            using XmlReader xml = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters });
            XElement root = XDocument.Load(xml).Root!;
            if (root.Name.LocalName != "Configuration")
            {
                throw new ProbeFailedException($"What the instance was started with is a '{root.Name.LocalName}' and no configuration.");
            }

            return new RequestedConfiguration(
                root.Elements().Where(element => !element.HasElements).ToLookup(element => element.Name.LocalName, element => element.Value.Trim(), StringComparer.OrdinalIgnoreCase),
                [.. root.Elements("MappedFolders").Elements().Select(folder => new RequestedFolder(Text(folder, "HostFolder"), Text(folder, "SandboxFolder"), Text(folder, "ReadOnly") == "true"))]);
        }
        catch (XmlException error)
        {
            throw new ProbeFailedException($"The configuration that the instance was started with can't be read: {error.Message}", error);
        }
    }

    /// <summary>What is asked for by one switch.</summary>
    /// <param name="name">Its element.</param>
    /// <returns>Its value; null when it is not there once, so that Windows decides.</returns>
    public string? Switch(string name) => _elements[name].Count() == 1 ? _elements[name].Single() : null;

    private static string Text(XElement folder, string name) => folder.Element(name)?.Value.Trim() ?? "";
}

/// <summary>A folder of the host that an instance was to see.</summary>
/// <param name="Host">Its path on the host.</param>
/// <param name="Sandbox">Its path in the instance; empty for the desktop.</param>
/// <param name="ReadOnly">It can't be written from inside.</param>
internal sealed record RequestedFolder(string Host, string Sandbox, bool ReadOnly);
