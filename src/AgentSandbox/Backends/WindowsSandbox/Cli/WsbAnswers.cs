using System.Text;
using System.Text.Json;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>Reads what <c>wsb.exe --raw</c> answers. Strict: what is not the documented shape is a failure, and nothing missing is taken for zero or empty.</summary>
internal static class WsbAnswers
{
    private const int MaxItems = 64;
    private const string List = "WindowsSandboxEnvironments";

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 8 };

    /// <summary>Reads the ids of <c>list</c>.</summary>
    /// <param name="text">Its standard output.</param>
    /// <returns>The ids, in the form of <see cref="Guid.ToString()"/>.</returns>
    /// <exception cref="WsbException">It is not the documented answer.</exception>
    public static IReadOnlyList<string> ReadList(string text)
    {
        using JsonDocument document = Parse("list", text);
        return Ids("list", document.RootElement) ?? throw Wrong("list", text);
    }

    /// <summary>Reads the id of <c>start</c>: by itself, or in a list of one.</summary>
    /// <param name="text">Its standard output.</param>
    /// <returns>The id.</returns>
    /// <exception cref="WsbException">It is not the documented answer.</exception>
    public static string ReadStart(string text)
    {
        using JsonDocument document = Parse("start", text);
        JsonElement root = document.RootElement;
        return root.TryGetProperty("Id", out JsonElement id)
            ? Id("start", id)
            : Ids("start", root) is [var only] ? only : throw Wrong("start", text);
    }

    /// <summary>Reads the exit code of <c>exec</c>.</summary>
    /// <param name="text">Its standard output.</param>
    /// <returns>The code, which is the command's own.</returns>
    /// <exception cref="WsbException">It is not the documented answer.</exception>
    public static int ReadExec(string text)
    {
        using JsonDocument document = Parse("exec", text);
        return document.RootElement.TryGetProperty("ExitCode", out JsonElement code) && code.ValueKind == JsonValueKind.Number
            ? code.TryGetInt32(out int signed) ? signed : code.TryGetUInt32(out uint unsigned) ? unchecked((int)unsigned) : throw Wrong("exec", text)
            : throw Wrong("exec", text);
    }

    /// <summary>Reads the addresses of <c>ip</c>.</summary>
    /// <param name="text">Its standard output.</param>
    /// <returns>The addresses; none before the instance has one.</returns>
    /// <exception cref="WsbException">It is not the documented answer.</exception>
    public static IReadOnlyList<string> ReadIp(string text)
    {
        using JsonDocument document = Parse("ip", text);
        if (!document.RootElement.TryGetProperty("Networks", out JsonElement networks) || networks.ValueKind != JsonValueKind.Array || networks.GetArrayLength() > MaxItems)
        {
            throw Wrong("ip", text);
        }

        var addresses = new List<string>();
        foreach (JsonElement network in networks.EnumerateArray())
        {
            if (network.ValueKind != JsonValueKind.Object || !network.TryGetProperty("IpV4Address", out JsonElement address) || address.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                throw Wrong("ip", text);
            }

            if (address.GetString() is { Length: > 0 } value)
            {
                addresses.Add(value);
            }
        }

        return addresses;
    }

    private static List<string>? Ids(string verb, JsonElement root)
    {
        if (!root.TryGetProperty(List, out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxItems)
        {
            return null;
        }

        var ids = new List<string>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            ids.Add(item.ValueKind == JsonValueKind.Object && item.TryGetProperty("Id", out JsonElement id) ? Id(verb, id) : throw Wrong(verb, item.GetRawText()));
        }

        return ids;
    }

    private static string Id(string verb, JsonElement element) =>
        element.ValueKind == JsonValueKind.String && Guid.TryParse(element.GetString(), out Guid id) ? id.ToString() : throw Wrong(verb, element.GetRawText());

    private static JsonDocument Parse(string verb, string text)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text.TrimStart('\uFEFF')), s_options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException e)
        {
            throw new WsbException(verb, $"It did not answer with JSON: '{GuestText.Clean(text)}'.", innerException: e);
        }

        throw Wrong(verb, text);
    }

    private static WsbException Wrong(string verb, string text) => new(verb, $"Its answer is not the documented one: '{GuestText.Clean(text)}'.");
}
