using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying;

/// <summary>Starts a command in the sandbox that is copied to or from.</summary>
/// <param name="command">The command.</param>
/// <param name="cancellationToken">Cancels the start.</param>
/// <returns>The running command.</returns>
internal delegate Task<SandboxCommand> CommandStarter(CommandSpecification command, CancellationToken cancellationToken);

/// <summary>One copy: an archive through a command of the guest program. Knows no sandbox; the command's streams are all it uses.</summary>
/// <param name="start">Starts the command.</param>
/// <param name="user">User in the sandbox; null is the sandbox's own.</param>
/// <param name="progress">Told how far it is.</param>
/// <param name="style">How the sandbox writes paths.</param>
internal sealed class CopyTransfer(CommandStarter start, string? user, IProgress<CopyProgress>? progress, SandboxPathStyle style = SandboxPathStyle.Linux) : ISandboxCopier
{
    /// <summary>Time that the guest's verb has to end after its archive did.</summary>
    internal static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Copies into the sandbox.</summary>
    /// <param name="hostPath">Absolute path of the source.</param>
    /// <param name="sandboxPath">Absolute path of the destination.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was copied.</returns>
    public async Task<CopyResult> SendAsync(string hostPath, string sandboxPath, CancellationToken cancellationToken)
    {
        SandboxPath.Validate(sandboxPath, style);
        string source = Path.TrimEndingDirectorySeparator(hostPath);
        using SafeFileHandle file = OpenSource(source);
        await using SandboxCommand command = await start(Verb(["tar-extract", sandboxPath, Path.GetFileName(source)], input: true), cancellationToken);
        using CancellationTokenSource copying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<byte[]> output = GuestReport.ReadBoundedAsync(command.StandardOutput, ArchivePath.MaxLength, cancellationToken);
        Task<GuestReport> report = GuestReport.ReadAsync(command.StandardError, cancellationToken);

        ProgressThrottle throttle = new(progress);
        TreeArchiver archiver = null!;
        archiver = new TreeArchiver(HostFiles.Current, new BlockingStream(command.StandardInput, copying.Token))
        {
            Progress = path => throttle.Report(archiver.Entries, archiver.Bytes, archiver.TotalBytes, path),
        };
        Task sending = BlockingStream.RunAsync(() => archiver.Run(file, copying.Token));
        try
        {
            if (await Task.WhenAny(sending, command.Completion) == sending)
            {
                await sending;
                await command.StandardInput.DisposeAsync();
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException and not NativeIOException or ObjectDisposedException)
        {
            // The guest stopped reading, so it has ended or will: why is in its exit code and report, below.
        }
        catch (NativeIOException e)
        {
            throw CopyErrors.From(e, hostPath);
        }
        catch (ArchiveException e)
        {
            throw CopyErrors.From(e, hostPath);
        }
        finally
        {
            // Nothing may use the source's descriptor after this method.
            await copying.CancelAsync();
            await sending.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        CommandExit exit = await command.Completion.WaitAsync(cancellationToken);
        GuestReport said = await report;
        if (exit.ExitCode != CopyExitCode.Done)
        {
            throw CopyErrors.FromGuest(exit, said, sandboxPath);
        }

        throttle.Report(archiver.Entries, archiver.Bytes, archiver.TotalBytes, default);
        return new CopyResult
        {
            Source = hostPath,
            Destination = DisplayText.Of(await output),
            Entries = archiver.Entries,
            Bytes = archiver.Bytes,
            Skipped = [.. archiver.Notes.ToList(), .. said.Notes],
        };
    }

    /// <summary>Copies out of the sandbox.</summary>
    /// <param name="sandboxPath">Absolute path of the source.</param>
    /// <param name="hostPath">Absolute path of the destination.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was copied.</returns>
    public async Task<CopyResult> ReceiveAsync(string sandboxPath, string hostPath, CancellationToken cancellationToken)
    {
        SandboxPath.Validate(sandboxPath, style);
        using CopyDestination destination = OpenDestination(hostPath, SandboxPath.OwnName(sandboxPath, style));
        await using SandboxCommand command = await start(Verb(["tar-create", sandboxPath], input: false), cancellationToken);
        Task<GuestReport> report = GuestReport.ReadAsync(command.StandardError, cancellationToken);

        ProgressThrottle throttle = new(progress);
        SafeTarExtractor extractor = null!;
        using SafeTarExtractor owned = extractor = new SafeTarExtractor(
            HostFiles.Current, new BlockingStream(command.StandardOutput, cancellationToken), destination.Parent, destination.Name, ExtractPolicy.OutOfSandbox)
        {
            Progress = path => throttle.Report(extractor.Entries, extractor.Bytes, extractor.AnnouncedBytes, path),
        };
        try
        {
            await BlockingStream.RunAsync(() => extractor.Run(cancellationToken));
            await DrainAsync(command.StandardOutput, cancellationToken).WaitAsync(EndTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw NoEnd(sandboxPath, e);
        }
        catch (NativeIOException e)
        {
            throw CopyErrors.From(e, hostPath);
        }
        catch (ArchiveException e) when (e.Fault != ArchiveFault.Damaged)
        {
            throw CopyErrors.From(e, sandboxPath);
        }
        catch (ArchiveException e)
        {
            // Cut off: the verb's own words say more, when it ended by itself.
            throw await WhyAsync(command, report, sandboxPath, cancellationToken) ?? CopyErrors.From(e, sandboxPath);
        }

        if (await WhyAsync(command, report, sandboxPath, cancellationToken) is SandboxException error)
        {
            throw error;
        }

        throttle.Report(extractor.Entries, extractor.Bytes, extractor.AnnouncedBytes, default);
        return new CopyResult
        {
            Source = sandboxPath,
            Destination = destination.Path,
            Entries = extractor.Entries,
            Bytes = extractor.Bytes,
            Skipped = [.. extractor.Notes.ToList(), .. (await report).Notes],
        };
    }

    /// <summary>Opens a source on the host, whose last part must not be a link.</summary>
    internal static SafeFileHandle OpenSource(string path)
    {
        try
        {
            return HostFiles.Current.OpenSource(path, followLast: false);
        }
        catch (NativeIOException e)
        {
            throw CopyErrors.From(e, path);
        }
    }

    /// <summary>Opens a destination on the host.</summary>
    internal static CopyDestination OpenDestination(string path, string ownName)
    {
        try
        {
            return CopyDestination.Open(HostFiles.Current, path, ownName, followLast: false);
        }
        catch (NativeIOException e)
        {
            throw CopyErrors.From(e, path);
        }
        catch (ArchiveException e)
        {
            throw CopyErrors.From(e, path);
        }
    }

    /// <summary>Waits for the verb's end. Null when it says that all is well.</summary>
    private static async Task<SandboxException?> WhyAsync(SandboxCommand command, Task<GuestReport> report, string sandboxPath, CancellationToken cancellationToken)
    {
        try
        {
            CommandExit exit = await command.Completion.WaitAsync(EndTimeout, cancellationToken);
            return exit.ExitCode == CopyExitCode.Done ? null : CopyErrors.FromGuest(exit, await report.WaitAsync(EndTimeout, cancellationToken), sandboxPath);
        }
        catch (TimeoutException e)
        {
            return NoEnd(sandboxPath, e);
        }
    }

    /// <summary>A copy whose archive ended and whose maker did not.</summary>
    internal static SandboxException NoEnd(string sandboxPath, Exception cause) =>
        new(SandboxErrorId.CopyFailed, $"The copy of '{sandboxPath}' did not end in the sandbox.", "Copy again; if it happens again, restart the sandbox.", sandboxPath, cause);

    /// <summary>Reads what comes after the end mark: the last block's padding. More is an attempt to keep the host busy.</summary>
    internal static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            if (total > 64 * 1024)
            {
                throw new ArchiveException(ArchiveFault.Refused, "The archive goes on after its end mark.");
            }
        }
    }

    private CommandSpecification Verb(IReadOnlyList<string> arguments, bool input) => new() { Arguments = arguments, Self = true, User = user, StandardInput = input };
}
