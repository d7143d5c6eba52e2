using System.Globalization;
using System.Xml;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>
/// A call of our host that a server asks for (MS-PSRP 2.2.3.17). Only those that write text are ever passed on, made anew from the values read here; of every other the arguments are not even
/// looked at, since PowerShell would make objects, arrays of any size among them, of what they say.
/// </summary>
/// <param name="Id">Number of the call, for the answer.</param>
/// <param name="Method">Number of the method.</param>
/// <param name="Arguments">Of a method that writes text, its arguments: numbers are colors.</param>
internal sealed record HostCall(long Id, int Method, IReadOnlyList<object> Arguments)
{
    /// <summary>SetShouldExit, which <c>exit</c> calls.</summary>
    public const int SetShouldExit = 6;

    private const int Write1 = 13;
    private const int Write2 = 14;
    private const int WriteLine1 = 15;
    private const int WriteLine2 = 16;
    private const int WriteLine3 = 17;
    private const int WriteErrorLine = 18;
    private const int WriteDebugLine = 19;
    private const int WriteVerboseLine = 21;
    private const int WriteWarningLine = 22;
    private const int PopRunspace = 53;
    private const long DefaultColor = -1;

    // MS-PSRP 2.2.3.17: the methods without a result; a server does not wait for them.
    private static readonly HashSet<int> s_void = [SetShouldExit, 7, 8, 9, 10, Write1, Write2, WriteLine1, WriteLine2, WriteLine3, WriteErrorLine, WriteDebugLine, 20, WriteVerboseLine, WriteWarningLine, 28, 30, 32, 34, 36, 38, 40, 42, 47, 48, 49, 51, 52, PopRunspace];
    private static readonly string[] s_names =
    [
        "", "Name", "Version", "InstanceId", "CurrentCulture", "CurrentUICulture", "SetShouldExit", "EnterNestedPrompt", "ExitNestedPrompt", "NotifyBeginApplication", "NotifyEndApplication",
        "ReadLine", "ReadLineAsSecureString", "Write", "Write", "WriteLine", "WriteLine", "WriteLine", "WriteErrorLine", "WriteDebugLine", "WriteProgress", "WriteVerboseLine", "WriteWarningLine",
        "Prompt", "PromptForCredential", "PromptForCredential", "PromptForChoice",
    ];

    /// <summary>It writes text.</summary>
    public bool IsWrite => Method is >= Write1 and <= WriteDebugLine or WriteVerboseLine or WriteWarningLine;

    /// <summary>The call by which the host leaves a session that it was in. It is never a server's own.</summary>
    public static HostCall Leave { get; } = new(-100, PopRunspace, []); // PowerShell's number for a call without a result.

    /// <summary>The server waits for an answer.</summary>
    public bool HasAnswer => !s_void.Contains(Method);

    /// <summary>Name of the method.</summary>
    public string Name => Method < s_names.Length ? s_names[Method] : "a method of the raw user interface";

    /// <summary>Reads a call.</summary>
    /// <param name="body">The CLIXML, which <see cref="CliXmlCheck"/> has looked at.</param>
    /// <returns>The call.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static HostCall Parse(Stream body)
    {
        try
        {
            using XmlReader reader = CliXmlCheck.Open(body);
            var values = new Dictionary<string, List<object>>(StringComparer.OrdinalIgnoreCase);
            string current = "";
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element)
                {
                    continue;
                }

                if (reader.Depth == 2)
                {
                    // Whatever PowerShell would take for the same property, for which it knows two ways of writing, is there once or the call is refused.
                    current = reader.GetAttribute("N") ?? "";
                    if (!values.TryAdd(current, []) || current.Contains('_', StringComparison.Ordinal))
                    {
                        throw Malformed();
                    }
                }

                if (reader.LocalName is "S" or "I32" or "I64" && !reader.IsEmptyElement && values.TryGetValue(current, out List<object>? list))
                {
                    string tag = reader.LocalName;
                    reader.Read();
                    list.Add(tag == "S" ? XmlConvert.DecodeName(reader.Value)! : XmlConvert.ToInt64(reader.Value));
                }
                else if (reader is { LocalName: "S", IsEmptyElement: true } && values.TryGetValue(current, out list))
                {
                    list.Add("");
                }
            }

            return Of(values);
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            throw Malformed();
        }
    }

    /// <summary>The call as PowerShell writes it, with nothing in it but the values.</summary>
    /// <returns>CLIXML.</returns>
    public string ToCliXml()
    {
        IEnumerable<string> arguments = Arguments.Select(static a => a is string text
            ? $"<S>{HostText.ToCliXml(text)}</S>"
            : $"<I32>{((long)a).ToString(CultureInfo.InvariantCulture)}</I32>");
        return $"<Obj RefId=\"0\"><MS><I64 N=\"ci\">{Id}</I64><I32 N=\"mi\">{Method}</I32><Obj N=\"mp\" RefId=\"1\"><LST>{string.Concat(arguments)}</LST></Obj></MS></Obj>";
    }

    /// <summary>The answer to a call that is refused: an exception, MS-PSRP 2.2.2.28.</summary>
    /// <returns>CLIXML.</returns>
    public string RefusalCliXml()
    {
        string message = $"The host of this session is not the sandbox's: {Name} is refused.";
        return "<Obj RefId=\"0\"><MS><Obj N=\"me\" RefId=\"1\"><MS>"
            + $"<Obj N=\"Exception\" RefId=\"2\"><MS><S N=\"Message\">{message}</S></MS></Obj><Nil N=\"TargetObject\" /><S N=\"FullyQualifiedErrorId\">HostCallRefused</S><Nil N=\"InvocationInfo\" />"
            + "<I32 N=\"ErrorCategory_Category\">18</I32><S N=\"ErrorCategory_Activity\"></S><S N=\"ErrorCategory_Reason\">HostCallRefused</S><S N=\"ErrorCategory_TargetName\"></S>"
            + $"<S N=\"ErrorCategory_TargetType\"></S><S N=\"ErrorCategory_Message\">{message}</S><B N=\"SerializeExtendedInfo\">false</B>"
            + $"</MS></Obj><I64 N=\"ci\">{Id}</I64><I32 N=\"mi\">{Method}</I32></MS></Obj>";
    }

    private static HostCall Of(Dictionary<string, List<object>> values)
    {
        if (!values.TryGetValue("ci", out List<object>? id) || id is not [long number]
            || !values.TryGetValue("mi", out List<object>? method) || method.OfType<long>().ToArray() is not [>= 1 and <= 56 and var which])
        {
            throw Malformed();
        }

        HostCall call = new(number, (int)which, []);
        List<object> arguments = values.GetValueOrDefault("mp") ?? [];
        bool fits = call.Method switch
        {
            WriteLine1 => arguments.Count == 0,
            Write1 or WriteLine2 or WriteErrorLine or WriteDebugLine or WriteVerboseLine or WriteWarningLine => arguments is [string],
            Write2 or WriteLine3 => ColorsAndText(arguments) is not null,
            _ => true,
        };
        return !fits ? throw Malformed()
            : call.Method is Write2 or WriteLine3 ? call with { Arguments = ColorsAndText(arguments)! }
            : call.IsWrite ? call with { Arguments = arguments }
            : call.Method == SetShouldExit && arguments is [long] ? call with { Arguments = arguments }
            : call;
    }

    private static List<object>? ColorsAndText(List<object> arguments) =>
        arguments is [>= DefaultColor and <= 15L, >= DefaultColor and <= 15L, string] ? arguments : null;

    private static SandboxException Malformed() => WireViolation.Of("sent a host call that is none");
}
