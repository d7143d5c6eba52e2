using AgentSandbox.Connection;
using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Backends.Docker.Windows.Copying;

/// <summary>
/// The files of a running container: an engine refuses archive calls on one with Hyper-V isolation, so the image's own <c>tar.exe</c> does it,
/// with the rights of the user who copies.
/// </summary>
/// <param name="start">Starts commands.</param>
/// <param name="user">Who copies; null is the sandbox's user.</param>
internal sealed class RunningFiles(CommandStarter start, string? user) : IContainerFiles
{
    private const int IsFolder = 10;
    private const int IsOther = 11;
    private const int IsNothing = 12;
    private const int MaxWords = 4000;

    /// <summary>By variables that hold their own quotation marks: what they hold is not looked at for anything but marks, and a clean path has none.</summary>
    private const string Look = "if exist %AGENTSANDBOX_FOLDER% (exit 10) else if exist %AGENTSANDBOX_PATH% (exit 11) else (exit 12)";

    /// <inheritdoc/>
    public async Task<PathKind> LookAsync(string path, CancellationToken cancellationToken)
    {
        string bare = path.TrimEnd('\\');
        CommandSpecification look = Command([WindowsPrograms.Shell, "/D", "/S", "/C", Look], input: false) with
        {
            Environment = new Dictionary<string, string> { ["AGENTSANDBOX_FOLDER"] = $"\"{bare}\\\"", ["AGENTSANDBOX_PATH"] = $"\"{bare}\"" },
        };
        await using SandboxCommand command = await start(look, cancellationToken);
        CommandResult result = await CommandCapture.RunAsync(command, null, MaxWords, cancellationToken);
        return result.ExitCode switch
        {
            IsFolder => PathKind.Folder,
            IsOther => PathKind.Other,
            IsNothing => PathKind.Nothing,
            _ => throw Failed($"'{path}' could not be looked at", result.ExitCode, result.StandardErrorBytes, path),
        };
    }

    /// <inheritdoc/>
    public async Task ExtractAsync(string folder, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        await using SandboxCommand command = await start(Command([WindowsPrograms.Tar, "-xf", "-", "-C", folder], input: true), cancellationToken);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<byte[]> output = GuestReport.ReadBoundedAsync(command.StandardOutput, MaxWords, cancellationToken);
        Task<byte[]> words = GuestReport.ReadBoundedAsync(command.StandardError, MaxWords, cancellationToken);
        Task sending = write(command.StandardInput, writing.Token);
        try
        {
            if (await Task.WhenAny(sending, command.Completion) == sending)
            {
                await sending;
                await command.StandardInput.DisposeAsync();
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException and not NativeIOException)
        {
            // tar stopped reading, so it has ended or will: why is in its exit code and words, below.
        }
        finally
        {
            // Nothing may use the source after this method.
            await writing.CancelAsync();
            await sending.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        CommandExit exit = await command.Completion.WaitAsync(cancellationToken);
        await output;
        if (exit.ExitCode != 0)
        {
            throw Failed($"The copy into '{folder}' failed; what arrived stays", exit.ExitCode, await words, folder);
        }
    }

    /// <inheritdoc/>
    public async Task CreateAsync(string folder, string name, Func<Stream, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        if (name[0] is '-' or '@')
        {
            throw new SandboxException(SandboxErrorId.CopyRefused, $"The name '{DisplayText.Of(name)}' would be an option for the tar in the sandbox.", "Copy the folder that it is in, or stop the sandbox and copy then.", name);
        }

        await using SandboxCommand command = await start(Command([WindowsPrograms.Tar, "-cf", "-", "-C", folder, name], input: false), cancellationToken);
        Task<byte[]> words = GuestReport.ReadBoundedAsync(command.StandardError, MaxWords, cancellationToken);
        ArchiveException? damaged = null;
        try
        {
            await read(command.StandardOutput, cancellationToken);
        }
        catch (ArchiveException e) when (e.Fault == ArchiveFault.Damaged)
        {
            damaged = e; // Cut off: tar's own words say more, when it ended by itself.
        }

        CommandExit? exit = damaged is null || await Task.WhenAny(command.Completion, Task.Delay(CopyTransfer.EndTimeout, cancellationToken)) == command.Completion
            ? await command.Completion.WaitAsync(CopyTransfer.EndTimeout, cancellationToken)
            : null;
        if (exit is { ExitCode: not 0 })
        {
            throw Failed($"The copy of '{name}' failed; what arrived stays", exit.ExitCode, await words, name);
        }

        if (damaged is not null)
        {
            throw damaged;
        }
    }

    private static SandboxException Failed(string what, int exitCode, byte[] words, string target) => new(
        SandboxErrorId.CopyFailed,
        $"{what}: {(DisplayText.Of(words) is { Length: > 0 } said ? said : $"the program in the sandbox ended with code {exitCode}")}",
        "Check that the image has tar.exe (Windows Server 2019 and later), and that the user may read or write the path; -User ContainerAdministrator copies with all rights in the sandbox. A stopped sandbox needs neither.",
        target);

    private CommandSpecification Command(IReadOnlyList<string> arguments, bool input) => new() { Arguments = arguments, User = user, WorkingDirectory = WindowsPrograms.Folder, StandardInput = input };
}
