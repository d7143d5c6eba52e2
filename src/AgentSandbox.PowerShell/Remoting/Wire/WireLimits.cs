namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>How much a PowerShell in a sandbox may send. Whatever is above ends the connection: what follows can't be trusted.</summary>
internal static class WireLimits
{
    /// <summary>Characters of a line. PowerShell sends fragments of 32 KiB, which are some 44,000 characters in base64.</summary>
    public const int Line = 256 * 1024;

    /// <summary>Bytes of a message: one object, one error, one line of text.</summary>
    public const int Message = 64 * 1024 * 1024;

    /// <summary>Elements of a message. Each becomes an object of some 100 bytes or more, so bytes alone would not bound the memory.</summary>
    public const int Elements = 1_000_000;

    /// <summary>Elements inside each other. PowerShell itself gives up at 50 objects, each of which is at most three elements.</summary>
    public const int Depth = 200;

    /// <summary>Elements inside each other in an XML document that is a value.</summary>
    public const int DocumentDepth = 256;

    /// <summary>Most bytes of one fragment that is passed on to this process's PowerShell.</summary>
    public const int Fragment = 512 * 1024;
}
