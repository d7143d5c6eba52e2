using System.Buffers.Binary;
using AgentSandbox.PowerShell.Remoting.Wire;

namespace AgentSandbox.Tests.Remoting;

/// <summary>Lines as a server sends them.</summary>
internal static class Packets
{
    public const uint Output = 0x00041004;
    public const uint PipelineHostCall = 0x00041100;
    public const uint RunspaceHostCall = 0x00021100;
    public const uint PSEventArgs = 0x00021008;

    public static byte[] Message(uint kind, Guid pipeline, string body, uint destination = WireMessage.Client) => WireMessage.Write(destination, kind, Guid.Parse("11111111-1111-1111-1111-111111111111"), pipeline, body);

    public static byte[] Fragment(long id, long number, byte flags, byte[] data, int? length = null)
    {
        byte[] bytes = new byte[FragmentAssembler.HeaderLength + data.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, id);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), number);
        bytes[16] = flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(17), length ?? data.Length);
        data.CopyTo(bytes, FragmentAssembler.HeaderLength);
        return bytes;
    }

    public static string Line(uint kind, Guid pipeline, string body, long id = 1) =>
        WirePacket.DataLine(pipeline, WirePacket.DefaultStream, Fragment(id, 0, 3, Message(kind, pipeline, body)));

    public static string HostCall(int method, string parameters, long id = 5) =>
        $"<Obj RefId=\"0\"><MS><I64 N=\"ci\">{id}</I64><Obj N=\"mi\" RefId=\"1\"><TN RefId=\"0\"><T>System.Enum</T></TN><ToString>x</ToString><I32>{method}</I32></Obj><Obj N=\"mp\" RefId=\"2\"><LST>{parameters}</LST></Obj></MS></Obj>";

    /// <summary>The bytes of a data line.</summary>
    public static byte[] Data(string line) => WirePacket.Parse(line).Data;

    /// <summary>The CLIXML in a data line of one whole message.</summary>
    public static string Body(string line) => System.Text.Encoding.UTF8.GetString(Data(line).AsSpan(FragmentAssembler.HeaderLength + WireMessage.HeaderLength));
}
