using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Checkpoints;

/// <summary>A sandbox's own files in a folder of the host, and their copy: an image, or where there is no disk limit a folder. No name in them is ever followed.</summary>
internal static class SandboxDisk
{
    /// <summary>What stays free on the host's disk, as for images.</summary>
    private const long Reserve = 256L << 20;

    /// <summary>Copies, sharing blocks where the file system can.</summary>
    /// <param name="from">Folder that has them.</param>
    /// <param name="to">Folder that shall have them; it has none yet.</param>
    /// <param name="activity">What a progress bar says.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; what was copied is the caller's to delete.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.DiskFull"/>, <see cref="SandboxErrorId.CheckpointFailed"/>.</exception>
    public static async Task CopyAsync(string from, string to, string activity, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        PrivateFolder.Create(to);
        string image = SandboxPaths.DiskImageIn(from);
        if (!File.Exists(image))
        {
            await CopyFolderAsync(SandboxPaths.DiskFolderIn(from), SandboxPaths.DiskFolderIn(to), cancellationToken);
            return;
        }

        await Task.Run(
            () => SparseFile.Copy(
                image,
                SandboxPaths.DiskImageIn(to),
                beforeData: bytes => ThrowIfTooFull(bytes, to),
                (done, all) => progress?.Report(new SandboxProgress(activity, $"{ByteSize.Format(done)} of {ByteSize.Format(all)}", all == 0 ? -1 : (int)(done * 100 / all))),
                cancellationToken),
            cancellationToken);
    }

    /// <summary>Makes sure that a copy can be started on: one of a running sandbox was mounted, so its file system is checked and what was open in it is closed.</summary>
    /// <param name="folder">Folder that has it.</param>
    public static void Check(string folder)
    {
        if (File.Exists(SandboxPaths.DiskImageIn(folder)))
        {
            DiskImage.RepairIfDirty(SandboxPaths.DiskImageIn(folder));
        }
    }

    /// <summary>Bytes that a copy takes on the host's disk.</summary>
    /// <param name="folder">Folder that has it.</param>
    public static async Task<long> SizeAsync(string folder)
    {
        string image = SandboxPaths.DiskImageIn(folder);
        string path = File.Exists(image) ? image : SandboxPaths.DiskFolderIn(folder);
        (int code, string output, string error) = await RunAsync("/usr/bin/du", ["-s", "--block-size=1", "--one-file-system", "--", path], CancellationToken.None);
        return code == 0 && long.TryParse(output.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? size
            : throw new SandboxException(SandboxErrorId.CheckpointFailed, $"The size of the copy can't be found out: {error}", "Try again.", path);
    }

    /// <summary>
    /// cp(1), which keeps hard links, owners, extended attributes (overlayfs' own among them) and device nodes (its white-outs), and follows no link. Nothing runs that
    /// could change the folder meanwhile. The work folder of the overlay is made again at each start.
    /// </summary>
    private static async Task CopyFolderAsync(string from, string to, CancellationToken cancellationToken)
    {
        PrivateFolder.Create(to);
        string upper = Path.Combine(from, "upper");
        if (!Directory.Exists(upper))
        {
            return;
        }

        (int code, _, string error) = await RunAsync("/bin/cp", ["-a", "--preserve=xattr", "--reflink=auto", "--one-file-system", "--no-target-directory", "--", upper, Path.Combine(to, "upper")], cancellationToken);
        if (code != 0)
        {
            throw IsDiskFull(error)
                ? DiskFull(to)
                : new SandboxException(SandboxErrorId.CheckpointFailed, $"The sandbox's files can't be copied: {error}", "Delete what the message names in the sandbox, or give it a disk limit: then its files are one image.", from);
        }
    }

    private static void ThrowIfTooFull(long bytes, string folder)
    {
        if (new DriveInfo(folder).AvailableFreeSpace - bytes < Reserve)
        {
            throw DiskFull(folder);
        }
    }

    private static bool IsDiskFull(string error) => error.Contains("No space left on device", StringComparison.Ordinal);

    private static SandboxException DiskFull(string folder) =>
        new(SandboxErrorId.DiskFull, "The disk is too full for a copy of the sandbox's files.", $"Free space where {folder} is, for example by removing checkpoints (Remove-SandboxCheckpoint).", folder);

    /// <summary>Runs a program that ends with this process, however that ends: it must not go on writing into what somebody else then deletes.</summary>
    private static async Task<(int Code, string Output, string Error)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        // The input is a pipe that only this process has the other end of.
        const string Script = "exec 3<&0; \"$@\" </dev/null 3<&- & work=$!; (read nothing <&3; kill -KILL $work) & watch=$!; wait $work; code=$?; kill -KILL $watch; exit $code";
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C"; // Its words are looked at.
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None), error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        // The beginning is enough: a guest decides how much there is, and what names are in it.
        string text = string.Concat((await error).Take(400).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return (process.ExitCode, await output, text);
    }
}
