using System.Text;
using AgentSandbox.PowerShell.Remoting.Wire;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Remoting;

public sealed class ServerFilterTests(ITestOutputHelper output)
{
    private static readonly Guid s_pipeline = Guid.Parse("33333333-3333-3333-3333-333333333333");

    private readonly List<FilteredLine> _forward = [];
    private readonly List<string> _reply = [];

    [Fact]
    public void Output_passes_and_is_counted()
    {
        Receive(Filter(), Packets.Line(Packets.Output, s_pipeline, "<S>x</S>"));
        FilteredLine line = Assert.Single(_forward);
        Assert.Equal((1, true), (line.Records, line.Bytes > 0));
        Assert.Equal("<S>x</S>", Packets.Body(line.Line));
        Assert.Empty(_reply);
    }

    [Theory]
    [InlineData(11, "")] // ReadLine
    [InlineData(12, "")]
    [InlineData(23, "<S>caption</S><S>message</S>")] // Prompt
    [InlineData(24, "<S>caption</S><S>message</S><S>user</S><S>target</S>")] // PromptForCredential
    [InlineData(26, "")]
    [InlineData(46, "<I32>0</I32>")] // ReadKey
    [InlineData(50, "<Obj RefId=\"9\"><MS><I32 N=\"left\">0</I32></MS></Obj>")] // GetBufferContents: the screen
    [InlineData(55, "")] // GetRunspace
    public void Questions_to_the_host_are_answered_with_an_error_and_never_seen_by_it(int method, string parameters)
    {
        Receive(Filter(hostWrites: true), Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(method, parameters)));
        Assert.Empty(_forward);
        string reply = Assert.Single(_reply);
        string body = Packets.Body(reply);
        Assert.StartsWith("<Data Stream='PromptResponse' PSGuid='33333333", reply, StringComparison.Ordinal);
        Assert.Equal(0x00041101u, BitConverter.ToUInt32(Packets.Data(reply), FragmentAssembler.HeaderLength + 4));
        Assert.Contains("refused", body, StringComparison.Ordinal);
        Assert.Contains("<I64 N=\"ci\">5</I64>", body, StringComparison.Ordinal);
        CliXmlCheck.ThrowIfRefused(new MemoryStream(Encoding.UTF8.GetBytes(body)));
    }

    [Theory]
    [InlineData(42, "<S>title</S>")] // SetWindowTitle
    [InlineData(7, "")] // EnterNestedPrompt
    [InlineData(48, "<Obj RefId=\"9\"><MS><Obj N=\"mal\" RefId=\"8\"><LST><I32>60000</I32><I32>60000</I32></LST></Obj></MS></Obj>")] // SetBufferContents, of an array of any size
    [InlineData(52, "")] // PushRunspace
    public void Orders_to_the_host_are_dropped(int method, string parameters)
    {
        Receive(Filter(hostWrites: true), Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(method, parameters)));
        Assert.Empty(_forward);
        Assert.Empty(_reply);
    }

    [Fact]
    public void Text_for_the_host_is_made_anew_and_can_only_choose_colors()
    {
        string text = "<Obj RefId=\"7\"><TN><T>Evil</T></TN><ToString>x</ToString><S>_x001B_]0;title_x0007_a_x001B_[31mred_x001B_[2J&lt;_x005F_x0041_</S></Obj>";
        Receive(Filter(hostWrites: true), Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(16, text)));
        string body = Packets.Body(Assert.Single(_forward).Line);
        Assert.Contains("<S>]0;titlea_x001B_[31mred[2J&lt;_x005F_x0041_</S>", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Evil", body, StringComparison.Ordinal);
        Assert.DoesNotContain("_x0007_", body, StringComparison.Ordinal);

        _forward.Clear();
        Receive(Filter(hostWrites: false), Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(16, "<S>x</S>")));
        Assert.Empty(_forward);
    }

    /// <summary>A host writes these on the terminal without being asked: OSC 52 in a warning would set the user's clipboard.</summary>
    [Theory]
    [InlineData(0x00041005u, "_x001B_]52;c;cm0gLXJm_x0007_")]
    [InlineData(0x00041006u, "&#x1B;]52;c;cm0gLXJm&#7;")]
    [InlineData(0x00041007u, "<![CDATA[_x001B_]]>]52;c;cm0gLXJm_x0007_")]
    [InlineData(0x00041008u, "_x009D_52;c;cm0gLXJm_x009C_")]
    [InlineData(0x00041009u, "\u009d52;c;cm0gLXJm\u009c")]
    [InlineData(0x00041010u, "_x001b_]52;c;cm0gLXJm_x0007_")]
    [InlineData(0x00041011u, "_x001B_<!-- -->]52;c;cm0gLXJm_x0007_")]
    [InlineData(0x00041011u, "_<![CDATA[x001B]]>_]52;c;cm0gLXJm_<!-- -->x0007_")]
    public void What_is_shown_by_itself_tells_the_terminal_nothing_but_colors(uint kind, string text)
    {
        Receive(Filter(), Packets.Line(kind, s_pipeline, $"<Obj RefId=\"0\"><MS><S N=\"a\">{text}_x001B_[1mb &lt;_x005F_x0041_</S><Nil N=\"n\" /><S N=\"e\"></S></MS></Obj>"));
        FilteredLine line = Assert.Single(_forward);
        string body = Packets.Body(line.Line);
        string shown = System.Xml.XmlConvert.DecodeName(System.Xml.Linq.XElement.Parse(body).Descendants("S").First().Value)!;
        Assert.Equal("52;c;cm0gLXJm\u001b[1mb <_x0041_", shown.TrimStart(']'));
        Assert.Equal(kind, BitConverter.ToUInt32(Packets.Data(line.Line), FragmentAssembler.HeaderLength + 4));
        CliXmlCheck.ThrowIfRefused(new MemoryStream(Encoding.UTF8.GetBytes(body)));
    }

    [Fact]
    public void Output_is_the_callers_and_stays_as_it_is()
    {
        Receive(Filter(), Packets.Line(Packets.Output, s_pipeline, "<S>_x001B_]0;title_x0007_</S>"));
        Assert.Equal("<S>_x001B_]0;title_x0007_</S>", Packets.Body(Assert.Single(_forward).Line));
    }

    [Theory]
    [InlineData("<Obj RefId=\"0\"><MS><I64 N=\"ci\">5</I64><I32 N=\"mi\">11</I32><I32 N=\"MI\">16</I32></MS></Obj>")]
    [InlineData("<Obj RefId=\"0\"><MS><I64 N=\"ci\">5</I64><I32 N=\"mi\">16</I32><I32 N=\"m_x0069_\">11</I32></MS></Obj>")]
    [InlineData("<Obj RefId=\"0\"><MS><I64 N=\"ci\">5</I64><S N=\"mi\">ReadLine</S></MS></Obj>")]
    [InlineData("<Obj RefId=\"0\"><MS><I64 N=\"ci\">5</I64><I32 N=\"mi\">57</I32></MS></Obj>")]
    [InlineData("<Obj RefId=\"0\"><MS><I32 N=\"mi\">11</I32></MS></Obj>")]
    [InlineData("<S>x</S>")]
    [InlineData("")]
    public void A_host_call_that_can_be_read_in_two_ways_ends_the_connection(string body) =>
        Refused(Packets.Line(Packets.PipelineHostCall, s_pipeline, body));

    [Fact]
    public void Exit_is_noted()
    {
        ServerFilter filter = Filter();
        Receive(filter, Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(6, "<I32>7</I32>")));
        Assert.Equal(7, filter.ExitCode);
        Assert.Empty(_forward);
    }

    [Fact]
    public void Events_are_dropped_for_they_may_be_of_a_debugger()
    {
        Receive(Filter(), Packets.Line(Packets.PSEventArgs, Guid.Empty, "<S>x</S>"));
        Assert.Empty(_forward);
    }

    [Theory]
    [InlineData(0x00041002u)] // input, which only a client sends
    [InlineData(0x00021006u)] // a pipeline, which only a client sends
    [InlineData(0x00010005u)]
    [InlineData(0u)]
    public void A_message_that_no_server_sends_ends_the_connection(uint kind) => Refused(Packets.Line(kind, s_pipeline, "<S>x</S>"));

    [Fact]
    public void A_message_of_another_pipeline_or_for_the_server_ends_the_connection()
    {
        Refused(WirePacket.DataLine(s_pipeline, "Default", Packets.Fragment(1, 0, 3, Packets.Message(Packets.Output, Guid.NewGuid(), "<S>x</S>"))));
        Refused(WirePacket.DataLine(s_pipeline, "Default", Packets.Fragment(1, 0, 3, Packets.Message(Packets.Output, s_pipeline, "<S>x</S>", WireMessage.Server))));
    }

    [Theory]
    [InlineData("<Command PSGuid='33333333-3333-3333-3333-333333333333' />")]
    [InlineData("<Signal PSGuid='33333333-3333-3333-3333-333333333333' />")]
    [InlineData("<Close PSGuid='00000000-0000-0000-0000-000000000000' />")]
    [InlineData("<CloseAck PSGuid='00000000-0000-0000-0000-000000000000' />")]
    [InlineData("<SignalAck PSGuid='00000000-0000-0000-0000-000000000000' />")]
    [InlineData("<CommandAck PSGuid='00000000-0000-0000-0000-000000000000' />")]
    public void What_only_a_client_sends_and_answers_without_a_question_end_the_connection(string line) => Refused(line);

    [Fact]
    public void What_belongs_to_no_running_command_is_dropped()
    {
        ServerFilter filter = Filter();
        Guid stranger = Guid.NewGuid();
        Receive(filter, Packets.Line(Packets.Output, stranger, "<S>x</S>"));
        Receive(filter, $"<CommandAck PSGuid='{stranger}' />");
        Receive(filter, WirePacket.CloseAckLine(s_pipeline));
        Assert.Single(_forward);
        Receive(filter, Packets.Line(Packets.Output, s_pipeline, "<S>late</S>"));
        Assert.Single(_forward);
    }

    [Fact]
    public void No_input_does_anything_but_pass_or_end_the_connection()
    {
        Random random = Seeded.Create(output);
        string[] good =
        [
            Packets.Line(Packets.Output, s_pipeline, "<Obj RefId=\"0\"><TN RefId=\"0\"><T>A</T></TN><MS><S N=\"a\">b</S></MS></Obj>"),
            Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(16, "<S>x</S>")),
            Packets.Line(Packets.PipelineHostCall, s_pipeline, Packets.HostCall(11, "")),
            WirePacket.CloseAckLine(s_pipeline),
            "<DataAck PSGuid='00000000-0000-0000-0000-000000000000' />",
        ];
        int passed = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string line = Mutate(random, good[random.Next(good.Length)]);
            _forward.Clear();
            _reply.Clear();
            try
            {
                Filter(hostWrites: true).Received(line, _forward, _reply);
                passed++;
                Assert.All(_forward, forwarded => WirePacket.Parse(forwarded.Line));
                Assert.All(_reply, reply => WirePacket.Parse(reply));
            }
            catch (SandboxException e)
            {
                Assert.Equal(SandboxErrorId.ProtocolViolation, e.ErrorId);
            }
        }

        Assert.InRange(passed, 1, 19_999);
    }

    /// <summary>Half of the changes are in the bytes of a message, where base64 would hide them.</summary>
    private static string Mutate(Random random, string line)
    {
        if (random.Next(2) == 0 && line.StartsWith("<Data ", StringComparison.Ordinal))
        {
            WirePacket packet = WirePacket.Parse(line);
            byte[] bytes = [.. packet.Data];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            return WirePacket.DataLine(packet.Owner, packet.Stream, random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
        }

        char[] characters = line.ToCharArray();
        characters[random.Next(characters.Length)] = (char)random.Next(1, 256);
        return random.Next(4) == 0 ? new string(characters)[..random.Next(characters.Length)] : new string(characters);
    }

    private static ServerFilter Filter(bool hostWrites = false)
    {
        ServerFilter filter = new(hostWrites);
        filter.Sent($"<Command PSGuid='{s_pipeline}' />");
        return filter;
    }

    private void Receive(ServerFilter filter, string line) => filter.Received(line, _forward, _reply);

    private void Refused(string line)
    {
        Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(() => Receive(Filter(hostWrites: true), line)).ErrorId);
        Assert.Empty(_forward);
    }
}
