using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>Input for several sandboxes: each reads it from its start, and some start only when others have ended, so it is kept.</summary>
/// <param name="limit">How many bytes may be kept.</param>
internal sealed class CollectedInput(long limit = CollectedInput.Limit) : IDisposable
{
    /// <summary>What may be kept.</summary>
    private const long Limit = 1024L * 1024 * 1024;

    private readonly MemoryStream _bytes = new();

    /// <summary>Takes more.</summary>
    /// <exception cref="SandboxException"><see cref="CmdletErrorId.InputTooLarge"/>.</exception>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (_bytes.Length + data.Length > limit)
        {
            throw new SandboxException(
                CmdletErrorId.InputTooLarge,
                $"The input for several sandboxes is larger than {ByteSize.Format(limit)}.",
                "Copy the data in with Copy-SandboxItem, or run in one sandbox at a time.");
        }

        _bytes.Write(data);
    }

    /// <summary>A reader of its own over all that was collected.</summary>
    public Stream OpenRead() => new MemoryStream(_bytes.GetBuffer(), 0, (int)_bytes.Length, writable: false);

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
