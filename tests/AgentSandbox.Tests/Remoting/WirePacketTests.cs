using AgentSandbox.PowerShell.Remoting.Wire;

namespace AgentSandbox.Tests.Remoting;

public sealed class WirePacketTests
{
    private const string Id = "22222222-2222-2222-2222-222222222222";

    [Fact]
    public void What_PowerShell_writes_is_read()
    {
        WirePacket data = WirePacket.Parse($"<Data Stream='Default' PSGuid='{Id}'>AQID</Data>");
        Assert.Equal((WirePacketKind.Data, Guid.Parse(Id), "Default"), (data.Kind, data.Owner, data.Stream));
        Assert.Equal([1, 2, 3], data.Data);
        foreach (WirePacketKind kind in Enum.GetValues<WirePacketKind>().Skip(1))
        {
            WirePacket packet = WirePacket.Parse($"<{kind} PSGuid='{Id}' />");
            Assert.Equal((kind, Guid.Parse(Id)), (packet.Kind, packet.Owner));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<")]
    [InlineData("<Data Stream='")]
    [InlineData("<Data Stream='Default")]
    [InlineData("<Data Stream='Default' PSGuid='")]
    [InlineData("<Data Stream='Default' PSGuid='22222222-2222-2222-2222-222222222222'>")]
    [InlineData("<Data Stream='Other' PSGuid='22222222-2222-2222-2222-222222222222'>AQID</Data>")]
    [InlineData("<Data Stream='Default' PSGuid='22222222-2222-2222-2222-222222222222'>AQI</Data>")]
    [InlineData("<Data Stream='Default' PSGuid='22222222-2222-2222-2222-222222222222'>AQ I</Data>")]
    [InlineData("<Data Stream='Default' PSGuid='22222222-2222-2222-2222-222222222222'>AQID</Data><CloseAck PSGuid='22222222-2222-2222-2222-222222222222' />")]
    [InlineData("<Data Stream='Default' PSGuid='2222222222222222222222222222222222222222'>AQID</Data>")]
    [InlineData("<Data PSGuid='22222222-2222-2222-2222-222222222222' Stream='Default'>AQID</Data>")]
    [InlineData("<Data Stream='Default' PSGuid='22222222-2222-2222-2222-222222222222' x='1'>AQID</Data>")]
    [InlineData("<DataAck PSGuid='22222222-2222-2222-2222-222222222222'/>")]
    [InlineData("<!DOCTYPE a [<!ENTITY b 'c'>]>")]
    [InlineData("<?xml version='1.0'?>")]
    [InlineData("__NamedPipeError__:x")]
    public void Anything_else_is_refused(string line) =>
        Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(() => WirePacket.Parse(line)).ErrorId);

    [Fact]
    public void Bytes_survive_the_way_to_a_line_and_back()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.Equal(bytes, WirePacket.Parse(WirePacket.DataLine(Guid.Empty, WirePacket.PromptStream, bytes)).Data);
    }
}
