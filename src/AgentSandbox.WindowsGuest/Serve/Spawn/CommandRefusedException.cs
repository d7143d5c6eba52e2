using System.ComponentModel;
using AgentSandbox.Protocol;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>A command can't be started; carries the FAIL that says so to the host.</summary>
internal sealed class CommandRefusedException : Exception
{
    /// <summary>The stage of a FAIL that is about the program.</summary>
    public const string ProgramStage = "CreateProcess";

    private const int MaxDetail = 4096;

    /// <summary>Creates the exception.</summary>
    /// <param name="kind">One of <see cref="FailKind"/>.</param>
    /// <param name="stage">The call or the field.</param>
    /// <param name="detail">What it was about; cut to a length that a person reads.</param>
    public CommandRefusedException(string kind, string stage, string detail)
        : base(kind) => Fail = new FailMessage { Kind = kind, Stage = stage, Detail = detail.Length > MaxDetail ? detail.Substring(0, MaxDetail) : detail };

    /// <summary>The message for the host. Its errno is always 0: that field has Linux's numbers, and the words of Windows are in the detail.</summary>
    public FailMessage Fail { get; }

    /// <summary>A call of Windows failed.</summary>
    /// <param name="stage">The call.</param>
    /// <param name="error">What it said.</param>
    /// <param name="subject">What it was about.</param>
    /// <returns>The exception.</returns>
    public static CommandRefusedException Of(string stage, Win32Exception error, string subject)
    {
        string kind = error.NativeErrorCode switch
        {
            2 or 3 or 123 => FailKind.CommandNotFound, // FILE_NOT_FOUND, PATH_NOT_FOUND, INVALID_NAME
            267 => FailKind.WorkingDirectory, // DIRECTORY
            206 => FailKind.ArgumentListTooLong, // FILENAME_EXCED_RANGE
            4 or 8 or 14 or 1450 or 1453 or 1455 or 1816 => FailKind.ResourceExhausted, // too many files, memory, system resources, quota, commitment limit
            _ => stage == ProgramStage ? FailKind.NotExecutable : FailKind.Internal,
        };
        return new CommandRefusedException(kind, stage, $"{subject}: {error.Message} (error {error.NativeErrorCode})");
    }
}
