using AgentSandbox.PowerShell.Remoting.Wire;

namespace AgentSandbox.Tests.Remoting;

/// <summary>A session that a person entered: it is left when that person says so, and at no other time.</summary>
public sealed class EnteredSessionTests
{
    private const uint PipelineState = 0x00041006;
    private const string PopRunspace = "<I32 N=\"mi\">53</I32>";
    private const string Completed = "<Obj RefId=\"0\"><MS><I32 N=\"PipelineState\">4</I32></MS></Obj>";

    private static readonly Guid s_pipeline = Guid.Parse("33333333-3333-3333-3333-333333333333");

    private readonly List<FilteredLine> _forward = [];
    private readonly List<string> _reply = [];

    [Theory]
    [InlineData("exit")]
    [InlineData(" EXIT 3 ")]
    [InlineData("exit -1;")]
    [InlineData("Exit-PSSession")]
    [InlineData("exsn")]
    [InlineData("Remove-Item x; exit")]
    public void Is_left_when_a_line_ends_with_exit_whatever_the_server_says(string line)
    {
        ServerFilter filter = Typed(line, entered: true);
        Receive(filter, Packets.Line(PipelineState, s_pipeline, Completed));
        Assert.Equal(2, _forward.Count);
        Assert.Contains(PopRunspace, Packets.Body(_forward[0].Line), StringComparison.Ordinal);
        Assert.Equal(Completed, Packets.Body(_forward[1].Line));
    }

    [Theory]
    [InlineData("Get-Process")]
    [InlineData("'exit'")]
    [InlineData("exit-now")]
    [InlineData("$exit")]
    [InlineData("notexit")]
    [InlineData("exit $code")]
    public void Is_not_left_by_another_line(string line)
    {
        Receive(Typed(line, entered: true), Packets.Line(PipelineState, s_pipeline, Completed));
        Assert.Equal(Completed, Packets.Body(Assert.Single(_forward).Line));
    }

    [Fact]
    public void Is_not_left_by_a_command_that_was_not_typed_in_it()
    {
        Receive(Typed("exit", entered: false), Packets.Line(PipelineState, s_pipeline, Completed));
        Assert.Equal(Completed, Packets.Body(Assert.Single(_forward).Line));
    }

    [Theory]
    [InlineData(53, "")] // PopRunspace
    [InlineData(6, "<I32>0</I32>")] // SetShouldExit
    public void Is_not_left_because_the_server_wants_it(int method, string parameters)
    {
        Receive(Typed("Get-Process", entered: true), Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(method, parameters)));
        Assert.Empty(_forward);
    }

    [Fact]
    public void Shows_a_prompt_that_can_only_choose_colors()
    {
        Receive(Typed("prompt", entered: true), Packets.Line(Packets.Output, s_pipeline, "<S>_x000D__x001B_[2K_x001B_[32mPS&gt; </S>"));
        Assert.Equal("<S>[2K_x001B_[32mPS&gt; </S>", Packets.Body(Assert.Single(_forward).Line));
    }

    [Theory]
    [InlineData("<Obj RefId=\"0\"><MS><S N=\"A\">x</S></MS></Obj>")]
    [InlineData("<Nil />")]
    [InlineData("<S />")]
    public void Takes_anything_for_a_prompt(string body)
    {
        Receive(Typed("prompt", entered: true), Packets.Line(Packets.Output, s_pipeline, body));
        Assert.Equal(body, Packets.Body(Assert.Single(_forward).Line));
    }

    [Theory]
    [InlineData(18)] // WriteErrorLine
    [InlineData(19)] // WriteDebugLine
    [InlineData(21)] // WriteVerboseLine
    [InlineData(22)] // WriteWarningLine
    public void Shows_errors_and_warnings_as_text(int method)
    {
        ServerFilter filter = Typed("x", entered: true);
        Receive(filter, Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(method, "<S>a_x001B_[2Jb</S>")));
        FilteredLine line = Assert.Single(_forward);
        Assert.Contains("<S>a[2Jb</S>", Packets.Body(line.Line), StringComparison.Ordinal);
        Assert.Equal(1, line.Records);
        Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(() => Receive(filter, Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(method, "<I32>1</I32>"), 2))).ErrorId);
    }

    [Fact]
    public void Reads_no_command_out_of_other_lines()
    {
        Assert.Null(SentCommand.Read($"<Data Stream='Default' PSGuid='{Guid.Empty}'>AAAA</Data>"));
        Assert.Null(SentCommand.Read(Packets.Line(0x00041002, s_pipeline, "<S>input</S>")));
        Assert.Null(SentCommand.Read(WirePacket.DataLine(s_pipeline, WirePacket.DefaultStream, [])));
    }

    private static ServerFilter Typed(string line, bool entered)
    {
        ServerFilter filter = new(hostWrites: true, () => entered);
        filter.Sent($"<Command PSGuid='{s_pipeline}' />");
        byte[] message = Packets.Message(
            WireMessage.CreatePipeline,
            s_pipeline,
            $"<Obj RefId=\"0\"><MS><Obj N=\"PowerShell\" RefId=\"1\"><MS><Obj N=\"Cmds\" RefId=\"2\"><LST><Obj RefId=\"3\"><MS><S N=\"Cmd\">{line}</S><B N=\"IsScript\">true</B></MS></Obj><Obj RefId=\"4\"><MS><S N=\"Cmd\">Out-Default</S></MS></Obj></LST></Obj></MS></Obj></MS></Obj>",
            WireMessage.Server);
        filter.Sent(WirePacket.DataLine(s_pipeline, WirePacket.DefaultStream, Packets.Fragment(1, 0, 3, message)));
        return filter;
    }

    private void Receive(ServerFilter filter, string line) => filter.Received(line, _forward, _reply);
}
