using System.Text;
using AgentSandbox.PowerShell.Remoting.Wire;

namespace AgentSandbox.Tests.Remoting;

public sealed class CliXmlCheckTests
{
    [Theory]
    [InlineData("")]
    [InlineData("<S>text</S>")]
    [InlineData("<Nil />")]
    [InlineData("<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Management.Automation.PSCustomObject</T></TN><MS><I32 N=\"a\">1</I32><Ref N=\"self\" RefId=\"0\" /></MS></Obj>")]
    [InlineData("<Obj RefId=\"0\"><TN RefId=\"0\"><T></T></TN><DCT><En><S N=\"Key\">k</S><Nil N=\"Value\" /></En></DCT></Obj>")]
    [InlineData("<XD>&lt;a&gt;&lt;b /&gt;&lt;/a&gt;</XD>")]
    public void Data_passes(string body) => CliXmlCheck.ThrowIfRefused(Stream(body));

    public static TheoryData<string, string> Hostile => new()
    {
        { "no XML", "hello" },
        { "two roots", "<S>a</S><S>b</S>" },
        { "an unknown element", "<Obj><Script>1</Script></Obj>" },
        { "an unknown element in a name space", "<Obj><x:Live xmlns:x=\"y\">1</x:Live></Obj>" },
        { "a document type", "<!DOCTYPE Obj [<!ENTITY a \"b\">]><S>&a;</S>" },
        { "an instance of CIM", "<Obj><TN><T>Microsoft.Management.Infrastructure.CimInstance</T></TN></Obj>" },
        { "one with a class", "<Obj><TN><T>Deserialized.Microsoft.Management.Infrastructure.CimInstance#root/cimv2/Win32_Process</T></TN></Obj>" },
        { "one that is escaped", "<Obj><TN><T>Microsoft.Management._x0049_nfrastructure.CimInstance</T></TN></Obj>" },
        { "one in pieces", "<Obj><TN><T>Microsoft.Management<!-- -->.Infrastructure<![CDATA[.CimInstance]]></T></TN></Obj>" },
        { "depth", string.Concat(Enumerable.Repeat("<Obj><LST>", 200)) + string.Concat(Enumerable.Repeat("</LST></Obj>", 200)) },
        { "a deep document", "<XD>" + string.Concat(Enumerable.Repeat("&lt;a&gt;", 1000)) + string.Concat(Enumerable.Repeat("&lt;/a&gt;", 1000)) + "</XD>" },
        { "a document with a type", "<XD>&lt;!DOCTYPE a [&lt;!ENTITY b 'c'&gt;]&gt;&lt;a&gt;&amp;b;&lt;/a&gt;</XD>" },
        { "an escaped document", "<XD>_x003C_!DOCTYPE a []_x003E_&lt;a/&gt;</XD>" },
        { "elements in a type's name", "<Obj><TN><T><S>x</S></T></TN></Obj>" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_is_more_than_data_does_not(string why, string body)
    {
        Assert.NotEmpty(why);
        Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(() => CliXmlCheck.ThrowIfRefused(Stream(body))).ErrorId);
    }

    [Fact]
    public void The_number_of_parts_is_bounded()
    {
        StringBuilder body = new("<Obj><LST>");
        body.Insert(body.Length, "<Nil/>", WireLimits.Elements);
        body.Append("</LST></Obj>");
        Assert.Throws<SandboxException>(() => CliXmlCheck.ThrowIfRefused(Stream(body.ToString())));
    }

    private static MemoryStream Stream(string body) => new(Encoding.UTF8.GetBytes(body));
}
