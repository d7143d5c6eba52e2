using System.Buffers;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>Turns a command into the frames that ask for it.</summary>
internal static class OpenRequest
{
    /// <summary>Checks what no operating system can do, so that the guest is never asked for it.</summary>
    /// <param name="command">The command.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/> or <see cref="SandboxErrorId.InvalidEnvironment"/>.</exception>
    public static void Check(CommandSpecification command)
    {
        if (command.Arguments.Count == 0 || (command.Arguments[0].Length == 0 && !command.Self))
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "The command has no program.", "Name a program, such as /bin/true.");
        }

        if (command.Arguments.Any(HasNul) || HasNul(command.WorkingDirectory) || HasNul(command.User))
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "An argument, the working directory or the user has a NUL character in it.", "Pass such data through standard input or a file.");
        }

        if (command.Terminal is not null && !command.StandardInput)
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "A command with a terminal needs standard input.", "Set StandardInput, and leave the stream alone if there is nothing to type.");
        }

        if (command.Timeout <= TimeSpan.Zero)
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "The time-out is not above zero.", "Give a longer one, or none.");
        }

        foreach ((string name, string value) in command.Environment)
        {
            if (name.Length == 0 || name.Contains('=') || HasNul(name) || value is null || HasNul(value))
            {
                throw new SandboxException(
                    SandboxErrorId.InvalidEnvironment,
                    $"The environment variable '{GuestText.Clean(name)}' is not possible: a name is not empty and has no '=', and neither name nor value has a NUL character.",
                    "Correct it.",
                    name);
            }
        }
    }

    /// <summary>Writes the OPEN frames.</summary>
    /// <param name="output">Receives them.</param>
    /// <param name="channel">The new channel.</param>
    /// <param name="command">The checked command.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ArgumentListTooLong"/>: it is so large that no kernel would take it.</exception>
    public static void Write(IBufferWriter<byte> output, uint channel, CommandSpecification command)
    {
        var message = new OpenMessage
        {
            Arguments = command.Arguments,
            Self = command.Self,
            Environment = command.Environment,
            WorkingDirectory = command.WorkingDirectory,
            User = command.User,
            StandardInput = command.StandardInput,
            Terminal = command.Terminal is { } size ? new TerminalMessage { Columns = size.Columns, Rows = size.Rows } : null,
            LoginShell = command.IsLoginShell,
        };
        try
        {
            FrameEncoder.WriteMessage(output, FrameType.Open, channel, message, ProtocolJson.Default.OpenMessage);
        }
        catch (ProtocolViolationException)
        {
            throw GuestErrors.ArgumentListTooLong(GuestText.Clean(command.Arguments[0]));
        }
    }

    private static bool HasNul(string? text) => text?.Contains('\0') == true;
}
