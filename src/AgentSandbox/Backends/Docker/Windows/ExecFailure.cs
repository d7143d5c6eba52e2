using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>What a Windows engine says when it could not start a program, as this product's errors. The words are in the machine's language; the codes of winerror.h are not.</summary>
internal static class ExecFailure
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;

    /// <summary>Translates a failure.</summary>
    /// <param name="said">What the engine wrote in place of the program's output; hostile only as far as the engine is.</param>
    /// <param name="exitCode">The exit code that it set, as a shell would: 127 for not found, 126 for not executable.</param>
    /// <param name="command">The command.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException Translate(string said, long? exitCode, CommandSpecification command)
    {
        string program = GuestText.Clean(command.Arguments[0]);
        string because = GuestText.Clean(said) is { Length: > 0 } text ? $" ({text})" : "";
        bool Says(params string[] texts) => texts.Any(t => said.Contains(t, StringComparison.OrdinalIgnoreCase));
        if (Says("directory name is invalid", "0x10b)"))
        {
            return new(SandboxErrorId.WorkingDirectoryNotFound, $"The folder '{GuestText.Clean(command.WorkingDirectory)}' can't be entered in the sandbox{because}.", "Name a folder that exists in the sandbox.", command.WorkingDirectory);
        }

        if (Says("user name or password is incorrect", "no mapping between account names", "0x52e)", "0x534)"))
        {
            return new(SandboxErrorId.UserNotFound, $"The user '{GuestText.Clean(command.User)}' is unknown in the sandbox{because}.", "Name an account of the image, such as ContainerUser or ContainerAdministrator.", command.User);
        }

        if (Says("filename or extension is too long", "0xce)"))
        {
            return new(SandboxErrorId.ArgumentListTooLong, $"The arguments of '{program}' are too long to start it{because}.", "Pass the data through standard input or a file: Windows takes 32767 characters in all, cmd 8191.", program);
        }

        if (exitCode == NotFound || Says("cannot find the file", "cannot find the path", "0x2)", "0x3)"))
        {
            return new(SandboxErrorId.CommandNotFound, $"There is no command '{program}' in the sandbox{because}.", "Check its spelling and the image's PATH. What the shell has built in, such as dir, is run by cmd: -Command cmd -ArgumentList /C, dir.", program);
        }

        return exitCode == NotExecutable || Says("access is denied", "0x5)", "not a valid win32 application", "0xc1)")
            ? new(SandboxErrorId.CommandNotExecutable, $"'{program}' can't be executed in the sandbox{because}.", "Check that it is a program for this Windows, and that the user may execute it; scripts need their interpreter.", program)
            : new(SandboxErrorId.CommandFailed, $"'{program}' could not be started in the sandbox{because}.", "See the reason in the message; the engine's log may say more.", program);
    }
}
