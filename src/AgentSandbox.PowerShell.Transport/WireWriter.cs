using System.Text;

namespace AgentSandbox.PowerShell.Transport;

/// <summary>What PowerShell writes its packets to: it calls <see cref="WriteLine(string)"/> with one packet, and nothing else.</summary>
/// <param name="wire">Where they go.</param>
internal sealed class WireWriter(IRemotingWire wire) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        if (value is not null)
        {
            wire.Send(value);
        }
    }

    /// <inheritdoc/>
    public override void Write(char value) => throw new NotSupportedException("Packets are lines.");
}
