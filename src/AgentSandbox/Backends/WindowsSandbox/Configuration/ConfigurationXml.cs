using System.Globalization;
using System.Text;
using System.Xml;

namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>
/// The configuration as XML, with every element that Windows knows: an absent one means a default, the defaults have changed between versions, and the
/// documentation contradicts itself about some. On one line, because <c>wsb start --config</c> takes it as an argument.
/// </summary>
internal static class ConfigurationXml
{
    /// <summary>Elements that are the same for all, with their hardened values.</summary>
    public static IReadOnlyList<(string Name, string Value)> Fixed { get; } =
    [
        ("vGPU", Disable), // Else the host's graphics driver serves the instance.
        ("AudioInput", Disable),
        ("VideoInput", Disable),
        ("ProtectedClient", Enable), // The window's client runs in an AppContainer.
        ("PrinterRedirection", Disable),
        ("ClipboardRedirection", Disable),
    ];

    private const string Root = "Configuration", Enable = "Enable", Disable = "Disable", NetworkingName = "Networking", MemoryName = "MemoryInMB", FoldersName = "MappedFolders", FolderName = "MappedFolder", LogonName = "LogonCommand";
    private const int MaxCharacters = 1 << 18;

    /// <summary>Writes a configuration.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>One line.</returns>
    /// <exception cref="ArgumentException">A text has a character that XML can't hold.</exception>
    public static string Write(SandboxConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var text = new StringBuilder();
        using (XmlWriter xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = false, CheckCharacters = true, NewLineHandling = NewLineHandling.Entitize }))
        {
            xml.WriteStartElement(Root);
            foreach ((string name, string value) in Fixed)
            {
                xml.WriteElementString(name, value);
            }

            xml.WriteElementString(NetworkingName, configuration.Networking ? Enable : Disable);
            xml.WriteElementString(MemoryName, configuration.MemoryInMB.ToString(CultureInfo.InvariantCulture));
            xml.WriteStartElement(FoldersName);
            foreach (MappedFolder folder in configuration.Folders)
            {
                xml.WriteStartElement(FolderName);
                xml.WriteElementString(nameof(MappedFolder.HostFolder), folder.HostFolder);
                xml.WriteElementString(nameof(MappedFolder.SandboxFolder), folder.SandboxFolder);
                xml.WriteElementString(nameof(MappedFolder.ReadOnly), folder.ReadOnly ? "true" : "false");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            if (configuration.LogonCommand is { } command)
            {
                xml.WriteStartElement(LogonName);
                xml.WriteElementString("Command", command);
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        return text.ToString();
    }

    /// <summary>Reads a configuration back, and believes none that is not exactly as <see cref="Write"/> writes it: each element once, hardened.</summary>
    /// <param name="text">The XML.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="FormatException">It is not such a configuration.</exception>
    public static SandboxConfiguration Read(string text)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters, CheckCharacters = true };
        try
        {
            using XmlReader xml = XmlReader.Create(new StringReader(text), settings);
            xml.MoveToContent();
            Begin(xml, Root);
            foreach ((string name, string value) in Fixed)
            {
                string found = Text(xml, name);
                if (found != value)
                {
                    throw new FormatException($"{name} is '{found}' and not '{value}'.");
                }
            }

            bool networking = Text(xml, NetworkingName) switch { Enable => true, Disable => false, string other => throw new FormatException($"Networking is '{other}'.") };
            int memory = int.TryParse(Text(xml, MemoryName), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new FormatException("MemoryInMB is no number.");
            List<MappedFolder> folders = Folders(xml);
            string? command = null;
            if (xml.NodeType == XmlNodeType.Element)
            {
                Begin(xml, LogonName);
                command = Text(xml, "Command");
                End(xml);
            }

            End(xml);
            return xml.EOF ? new SandboxConfiguration { Networking = networking, MemoryInMB = memory, Folders = folders, LogonCommand = command } : throw new FormatException("There is more behind its end.");
        }
        catch (XmlException e)
        {
            throw new FormatException($"The configuration is no XML: {e.Message}", e);
        }
    }

    private static List<MappedFolder> Folders(XmlReader xml)
    {
        var folders = new List<MappedFolder>();
        bool isEmpty = xml.IsEmptyElement;
        Begin(xml, FoldersName);
        if (isEmpty)
        {
            return folders;
        }

        while (xml.NodeType == XmlNodeType.Element)
        {
            Begin(xml, FolderName);
            string host = Text(xml, nameof(MappedFolder.HostFolder));
            string sandbox = Text(xml, nameof(MappedFolder.SandboxFolder));
            bool readOnly = Text(xml, nameof(MappedFolder.ReadOnly)) switch { "true" => true, "false" => false, string other => throw new FormatException($"ReadOnly is '{other}'.") };
            End(xml);
            folders.Add(new MappedFolder(host, sandbox, readOnly));
        }

        End(xml);
        return folders;
    }

    private static void Begin(XmlReader xml, string name)
    {
        if (xml.NodeType != XmlNodeType.Element || xml.Name != name || xml.HasAttributes)
        {
            throw new FormatException($"There is {xml.NodeType} '{xml.Name}' where the element {name} belongs.");
        }

        xml.Read();
    }

    private static void End(XmlReader xml)
    {
        if (xml.NodeType != XmlNodeType.EndElement)
        {
            throw new FormatException($"There is {xml.NodeType} '{xml.Name}' where an element ends.");
        }

        xml.Read();
    }

    private static string Text(XmlReader xml, string name)
    {
        if (xml.NodeType != XmlNodeType.Element || xml.Name != name || xml.HasAttributes || xml.IsEmptyElement)
        {
            throw new FormatException($"There is {xml.NodeType} '{xml.Name}' where {name} belongs.");
        }

        xml.Read();
        if (xml.NodeType is not (XmlNodeType.Text or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace))
        {
            throw new FormatException($"{name} is not text.");
        }

        string value = xml.Value;
        xml.Read();
        End(xml);
        return value;
    }
}
