using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Docker.Checkpoints;

/// <summary>
/// Locks of this machine by which its processes see that one of them copies or restores a sandbox: an engine pauses the container for that moment, and says neither who did nor why.
/// What is true of a sandbox is in the engine; a process of another machine sees a paused container, and does nothing wrong without these. A user who may use the engine but not the
/// state folder has none.
/// </summary>
/// <param name="home">The state folder.</param>
internal sealed class OperationMarks(SandboxHome home)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <summary>Takes a sandbox's, when the one who has it is done.</summary>
    /// <param name="container">The sandbox.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The lock; null for a user who can't have one.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxBusy"/>.</exception>
    public async Task<IDisposable?> TakeAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        try
        {
            PrivateFolder.Create(Folder);
            return await FileLock.TakeAsync(File(container.Id), s_patience, cancellationToken) ?? throw Busy(container);
        }
        catch (Exception e) when (IsForbidden(e))
        {
            return null;
        }
    }

    /// <summary>Tells whether a process of this machine is at it.</summary>
    /// <param name="id">The sandbox's id.</param>
    public bool IsHeld(string id)
    {
        try
        {
            return System.IO.File.Exists(File(id)) && FileLock.IsHeld(File(id));
        }
        catch (LinuxException e) when (IsForbidden(e))
        {
            return false;
        }
    }

    /// <summary>Waits until no process of this machine is at it.</summary>
    /// <param name="container">The sandbox.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxBusy"/>.</exception>
    public async Task WaitAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (IsHeld(container.Id))
        {
            if (clock.Elapsed > s_patience)
            {
                throw Busy(container);
            }

            await Task.Delay(s_look, cancellationToken);
        }
    }

    /// <summary>Deletes that of a sandbox that is gone.</summary>
    /// <param name="id">The sandbox's id.</param>
    public void Forget(string id)
    {
        try
        {
            System.IO.File.Delete(File(id));
        }
        catch (DirectoryNotFoundException)
        {
            // There has never been one.
        }
        catch (UnauthorizedAccessException)
        {
            // It is another user's, who deletes it when that one looks.
        }
    }

    private string Folder => Path.Combine(home.Data, "engine");

    private string File(string id) => Path.Combine(Folder, id + ".lock");

    private static bool IsForbidden(Exception e) => e is UnauthorizedAccessException || (e as LinuxException)?.Errno is Errno.EACCES or Errno.EPERM;

    private static SandboxException Busy(EngineContainer container) =>
        new(SandboxErrorId.SandboxBusy, "Another process is copying or restoring the sandbox.", "Try again in a moment.", container.Record.Name);
}
