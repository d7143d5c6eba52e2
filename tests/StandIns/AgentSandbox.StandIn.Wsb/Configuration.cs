using System.Xml;
using System.Xml.Linq;

namespace AgentSandbox.StandIn.Wsb;

/// <summary>Reads the configuration as Windows does: root, known elements with known values, folders that exist.</summary>
internal static class Configuration
{
    private static readonly string[] s_switches = ["vGPU", "Networking", "AudioInput", "VideoInput", "ProtectedClient", "PrinterRedirection", "ClipboardRedirection"];

    public static (Folder[] Folders, bool HasNetwork) Read(string text)
    {
        XElement root;
        try
        {
            root = XElement.Parse(text);
        }
        catch (XmlException e)
        {
            throw Wrong(e.Message);
        }

        if (root.Name != "Configuration")
        {
            throw Wrong(root.Name.LocalName);
        }

        foreach (XElement element in root.Elements())
        {
            string name = element.Name.LocalName;
            bool isFine = s_switches.Contains(name) ? element.Value is "Enable" or "Disable" or "Default"
                : name == "MemoryInMB" ? int.TryParse(element.Value, out _)
                : name is "MappedFolders" or "LogonCommand";
            if (!isFine)
            {
                throw Wrong($"{name}={element.Value}");
            }
        }

        Folder[] folders = [.. root.Elements("MappedFolders").Elements("MappedFolder").Select(f => new Folder(f.Element("HostFolder")?.Value ?? throw Wrong("HostFolder"), f.Element("SandboxFolder")?.Value ?? throw Wrong("SandboxFolder"), f.Element("ReadOnly")?.Value == "true"))];
        return folders.FirstOrDefault(f => !Directory.Exists(f.Host)) is { } missing ? throw Wrong(missing.Host) : (folders, root.Element("Networking")?.Value != "Disable");
    }

    private static WsbFailure Wrong(string what) => new(WsbFailure.InvalidArgument, $"Die Konfiguration ist ungültig: {what}");
}
