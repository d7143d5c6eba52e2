namespace AgentSandbox.StandIn.Wsb;

/// <summary>A failure as wsb.exe has them.</summary>
internal sealed class WsbFailure(int status, string message) : Exception(message)
{
    public const int SingleInstance = unchecked((int)0x800401F6);
    public const int FileNotFound = unchecked((int)0x80070002);
    public const int NoLogonSession = unchecked((int)0x80070520);
    public const int AccessDenied = unchecked((int)0x80070005);
    public const int InvalidArgument = unchecked((int)0x80070057);
    public const int NotFound = unchecked((int)0x80070490);

    public int Status { get; } = status;
}
