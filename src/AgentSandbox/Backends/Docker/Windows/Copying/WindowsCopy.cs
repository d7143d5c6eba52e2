using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Backends.Docker.Windows.Copying;

/// <summary>
/// Copies between the host and a Windows container. The rules are those of every other sandbox: an existing folder, or a path that ends in a slash,
/// receives the source under its own name, and what comes out is extracted as a hostile archive.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="container">The container.</param>
/// <param name="start">Starts commands in it.</param>
/// <param name="user">Who copies; null is the sandbox's user.</param>
/// <param name="progress">Told how far it is.</param>
internal sealed class WindowsCopy(IDockerEngine engine, EngineContainer container, CommandStarter start, string? user, IProgress<CopyProgress>? progress) : ISandboxCopier
{
    /// <inheritdoc/>
    public Task<CopyResult> SendAsync(string hostPath, string sandboxPath, CancellationToken cancellationToken) => TranslateAsync(sandboxPath, async () =>
    {
        Check(sandboxPath);
        string source = Path.TrimEndingDirectorySeparator(hostPath);
        using SafeFileHandle file = CopyTransfer.OpenSource(source);
        IContainerFiles files = await FilesAsync(cancellationToken);
        (string folder, string name) = await DestinationAsync(files, sandboxPath, Path.GetFileName(source), cancellationToken);

        ProgressThrottle throttle = new(progress);
        TreeArchiver archiver = null!;
        await files.ExtractAsync(folder, (stream, token) => BlockingStream.RunAsync(() =>
        {
            archiver = new TreeArchiver(HostFiles.Current, new BlockingStream(stream, token))
            {
                RootName = Encoding.UTF8.GetBytes(name.Replace('\\', '/')),
                Progress = path => throttle.Report(archiver.Entries, archiver.Bytes, archiver.TotalBytes, path),
            };
            try
            {
                archiver.Run(file, token);
            }
            catch (NativeIOException e)
            {
                throw CopyErrors.From(e, hostPath);
            }
            catch (ArchiveException e)
            {
                throw CopyErrors.From(e, hostPath);
            }
        }), cancellationToken);
        throttle.Report(archiver.Entries, archiver.Bytes, archiver.TotalBytes, default);
        return new CopyResult
        {
            Source = hostPath,
            Destination = $"{folder.TrimEnd('\\')}\\{name}",
            Entries = archiver.Entries,
            Bytes = archiver.Bytes,
            Skipped = archiver.Notes.ToList(),
        };
    });

    /// <inheritdoc/>
    public Task<CopyResult> ReceiveAsync(string sandboxPath, string hostPath, CancellationToken cancellationToken) => TranslateAsync(sandboxPath, async () =>
    {
        Check(sandboxPath);
        if (WindowsPath.IsRoot(sandboxPath))
        {
            throw new SandboxException(SandboxErrorId.CopyRefused, $"'{sandboxPath}' is a whole drive.", "Copy a folder of it.", sandboxPath);
        }

        (string folder, string name) = WindowsPath.Split(sandboxPath);
        IContainerFiles files = await FilesAsync(cancellationToken);
        if (await files.LookAsync(WindowsPath.Normal(sandboxPath), cancellationToken) == PathKind.Nothing)
        {
            throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{sandboxPath}' does not exist in the sandbox.", "Check the path.", sandboxPath);
        }

        using CopyDestination destination = CopyTransfer.OpenDestination(hostPath, name);
        ProgressThrottle throttle = new(progress);
        SafeTarExtractor? extractor = null;
        try
        {
            await files.CreateAsync(folder, name, async (stream, token) =>
            {
                extractor = new SafeTarExtractor(HostFiles.Current, new BlockingStream(stream, token), destination.Parent, destination.Name, ExtractPolicy.OutOfSandbox)
                {
                    TakesAnyItemName = true,
                    Progress = path => throttle.Report(extractor!.Entries, extractor.Bytes, extractor.AnnouncedBytes, path),
                };
                await BlockingStream.RunAsync(() => extractor.Run(token));
                await CopyTransfer.DrainAsync(stream, token).WaitAsync(CopyTransfer.EndTimeout, token);
            }, cancellationToken);
            throttle.Report(extractor!.Entries, extractor.Bytes, extractor.AnnouncedBytes, default);
            return new CopyResult
            {
                Source = sandboxPath,
                Destination = destination.Path,
                Entries = extractor.Entries,
                Bytes = extractor.Bytes,
                Skipped = extractor.Notes.ToList(),
            };
        }
        catch (NativeIOException e)
        {
            throw CopyErrors.From(e, hostPath);
        }
        catch (TimeoutException e)
        {
            throw CopyTransfer.NoEnd(sandboxPath, e);
        }
        finally
        {
            extractor?.Dispose();
        }
    });

    private static void Check(string sandboxPath)
    {
        if (!WindowsPath.IsClean(sandboxPath))
        {
            throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{DisplayText.Of(sandboxPath)}' is no absolute path in a Windows sandbox.", @"Give a path that starts with a drive and has no '..' in it, for example C:\Temp\result.txt.", sandboxPath);
        }
    }

    private async Task<IContainerFiles> FilesAsync(CancellationToken cancellationToken)
    {
        if ((await engine.InspectContainerAsync(container.ContainerId, cancellationToken) ?? throw SandboxManager.NotFound(container.Record.Name)).State?.Running == true)
        {
            return new RunningFiles(start, user);
        }

        return user is null
            ? new StoppedFiles(engine, container.ContainerId)
            : throw new SandboxException(SandboxErrorId.NotEnforceable, "The files of a stopped sandbox are copied by its engine, not by a user of the sandbox.", "Start the sandbox, or leave the user out.", container.Record.Name);
    }

    /// <summary>Where a copy goes: an existing folder, and a path below it.</summary>
    private static async Task<(string Folder, string Name)> DestinationAsync(IContainerFiles files, string sandboxPath, string ownName, CancellationToken cancellationToken)
    {
        string path = WindowsPath.Normal(sandboxPath);
        bool wantsFolder = sandboxPath[^1] is '\\' or '/';
        PathKind there = await files.LookAsync(path, cancellationToken);
        if (there == PathKind.Folder || (wantsFolder && there == PathKind.Nothing))
        {
            if (ownName.Length == 0 || !WindowsPath.IsClean($"C:\\{ownName}") || ownName.Contains('\\', StringComparison.Ordinal))
            {
                throw new SandboxException(SandboxErrorId.CopyRefused, $"'{DisplayText.Of(ownName)}' can't be a name in Windows.", "Give a destination that does not exist yet.", sandboxPath);
            }

            if (there == PathKind.Folder)
            {
                return (path, ownName);
            }
        }

        if (wantsFolder && there == PathKind.Other)
        {
            throw new SandboxException(SandboxErrorId.CopyRefused, $"'{sandboxPath}' is no folder.", "Leave the slash at the end out, or choose another destination.", sandboxPath);
        }

        if (WindowsPath.IsRoot(sandboxPath))
        {
            throw NoFolder(path);
        }

        (string folder, string name) = WindowsPath.Split(sandboxPath);
        return await files.LookAsync(folder, cancellationToken) == PathKind.Folder ? (folder, wantsFolder ? $"{name}\\{ownName}" : name) : throw NoFolder(folder);
    }

    private static SandboxException NoFolder(string folder) =>
        new(SandboxErrorId.CopyPathNotFound, $"The folder '{folder}' does not exist in the sandbox.", "Check the path. The folder that a copy goes into must exist.", folder);

    private async Task<CopyResult> TranslateAsync(string sandboxPath, Func<Task<CopyResult>> copy)
    {
        try
        {
            return await copy();
        }
        catch (ArchiveException e)
        {
            throw CopyErrors.From(e, sandboxPath);
        }
        catch (DockerEngineException e) when (e.Message.Contains("running Hyper-V container", StringComparison.OrdinalIgnoreCase))
        {
            throw new SandboxException(SandboxErrorId.CopyFailed, $"The sandbox '{container.Record.Name}' was started while '{sandboxPath}' was copied.", "Copy again.", sandboxPath, e);
        }
        catch (DockerEngineException e)
        {
            throw EngineRefusal.Translate(e, $"The copy of '{sandboxPath}' failed:", container.Record.Name);
        }
    }
}
