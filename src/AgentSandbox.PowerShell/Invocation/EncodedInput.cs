using System.Management.Automation;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>A script block's pipeline input as text, for a PowerShell that is run as a program.</summary>
internal static class EncodedInput
{
    /// <summary>Waits for all of it.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A stream over the text.</returns>
    public static async Task<Stream> ReadAsync(PSDataCollection<PSObject> objects, CancellationToken cancellationToken)
    {
        MemoryStream text = new();
        using CancellationTokenRegistration stop = cancellationToken.Register(objects.Complete);
        await Task.Run(
            () =>
            {
                // Enumerating waits for the next object until the collection is complete.
                foreach (PSObject item in objects)
                {
                    InputEncoder.Encode(item, data => text.Write(data.Span));
                }
            },
            CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        text.Position = 0;
        return text;
    }
}
