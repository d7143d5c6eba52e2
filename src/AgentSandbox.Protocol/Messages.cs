using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.Protocol;

/// <summary>First message of both ends. The connection speaks the highest generation that both know.</summary>
public sealed record HelloMessage
{
    /// <summary><see cref="ProtocolLimits.Magic"/>.</summary>
    public string Magic { get; init; } = ProtocolLimits.Magic;

    /// <summary>Oldest generation that the sender speaks.</summary>
    public int MinGeneration { get; init; } = ProtocolLimits.MinGeneration;

    /// <summary>Newest generation that the sender speaks.</summary>
    public int MaxGeneration { get; init; } = ProtocolLimits.MaxGeneration;

    /// <summary>Version of the sender's program, for messages to people only.</summary>
    public string Version { get; init; } = "";

    /// <summary>Optional abilities (<see cref="ProtocolFeatures"/>); unknown ones are ignored.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];
}

/// <summary>Asks the guest to start a command.</summary>
public sealed record OpenMessage
{
    /// <summary>
    /// Program and arguments. The program is searched in the <c>PATH</c> of <see cref="Environment"/> when it has no slash.
    /// With <see cref="Self"/>, the arguments of the guest program's own verb.
    /// </summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>
    /// Run the guest program itself instead of a program of the image: <c>tar-create</c>, <c>tar-extract</c>, <c>probe</c>.
    /// So copying and probing work in an image with no tools at all, as the user asked for and with its rights only.
    /// </summary>
    public bool Self { get; init; }

    /// <summary>Variables of the command. They are all it gets, besides <c>PATH</c>, <c>HOME</c>, <c>USER</c>, <c>LOGNAME</c>, <c>SHELL</c>, <c>LANG</c> and <c>TERM</c> where they are absent here.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder to start in; the user's home when null, and <c>/</c> where that does not exist. A folder given here must exist.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary><c>name</c>, <c>uid</c>, <c>name:group</c> or <c>uid:gid</c> inside the sandbox; the guest's own user when null.</summary>
    public string? User { get; init; }

    /// <summary>The host will send standard input; otherwise the command gets <c>/dev/null</c>.</summary>
    public bool StandardInput { get; init; }

    /// <summary>
    /// Give the command a terminal of this size in place of its three streams: what it writes arrives as standard output, and EOF of standard input is
    /// the character 0x04. Needs <see cref="StandardInput"/>, and <see cref="ProtocolFeatures.Terminal"/> in the guest's HELLO.
    /// </summary>
    public TerminalMessage? Terminal { get; init; }

    /// <summary>
    /// Run the user's login shell of passwd(5) in the place of the first of <see cref="Arguments"/>, else <c>/bin/bash</c>, else <c>/bin/sh</c>. A shell
    /// that lets nobody in (<c>nologin</c>, <c>false</c>) counts as none: who asks for this is in already. Needs <see cref="Terminal"/>.
    /// </summary>
    public bool LoginShell { get; init; }
}

/// <summary>Size of a terminal; payload of RESIZE, and part of OPEN.</summary>
public sealed record TerminalMessage
{
    /// <summary>Characters in a line.</summary>
    public ushort Columns { get; init; }

    /// <summary>Lines.</summary>
    public ushort Rows { get; init; }
}

/// <summary>The command runs.</summary>
public sealed record OpenedMessage
{
    /// <summary>Process id of the command inside the sandbox. A guest's word: for people only.</summary>
    public int ProcessId { get; init; }
}

/// <summary>Why a command could not be started, or why a connection ends.</summary>
public sealed record FailMessage
{
    /// <summary>One of <see cref="FailKind"/>.</summary>
    public string Kind { get; init; } = FailKind.Internal;

    /// <summary>errno(3) of the call that failed, 0 when there was none.</summary>
    public int Errno { get; init; }

    /// <summary>The call, such as <c>execve</c> or <c>chdir</c>.</summary>
    public string Stage { get; init; } = "";

    /// <summary>What it was about, such as a path. A guest's word: control characters are stripped before it is shown.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>Values of <see cref="FailMessage.Kind"/>.</summary>
public static class FailKind
{
    /// <summary>The program does not exist (a shell's 127).</summary>
    public const string CommandNotFound = "CommandNotFound";

    /// <summary>The program exists but can't be executed (a shell's 126).</summary>
    public const string NotExecutable = "NotExecutable";

    /// <summary>The kernel refused the size of arguments and environment (E2BIG).</summary>
    public const string ArgumentListTooLong = "ArgumentListTooLong";

    /// <summary>The working directory does not exist or can't be entered.</summary>
    public const string WorkingDirectory = "WorkingDirectory";

    /// <summary>The user or group is unknown, or may not be taken on.</summary>
    public const string User = "User";

    /// <summary>No process could be made: the process limit or the memory limit is reached.</summary>
    public const string ResourceExhausted = "ResourceExhausted";

    /// <summary>The sandbox has no pseudo-terminals, so a command can't be given one.</summary>
    public const string Terminal = "Terminal";

    /// <summary>Too many commands or connections at once.</summary>
    public const string Busy = "Busy";

    /// <summary>The peer broke the protocol.</summary>
    public const string Protocol = "Protocol";

    /// <summary>Anything else.</summary>
    public const string Internal = "Internal";
}

/// <summary>Sends a signal.</summary>
public sealed record SignalMessage
{
    /// <summary>Number of the signal, signal(7).</summary>
    public int Signal { get; init; }

    /// <summary>Whom it reaches.</summary>
    public SignalScope Scope { get; init; }
}

/// <summary>Whom a signal reaches.</summary>
public enum SignalScope
{
    /// <summary>The command's first process.</summary>
    Leader = 0,

    /// <summary>Its process group.</summary>
    Group = 1,

    /// <summary>Every process that the command left in the sandbox, also those that made a session of their own.</summary>
    All = 2,
}

/// <summary>How a command ended.</summary>
public sealed record ExitMessage
{
    /// <summary>Exit code when it exited, else 0: 0-255, from a guest with <see cref="ProtocolFeatures.Windows"/> any.</summary>
    public int ExitCode { get; init; }

    /// <summary>Number of the signal that ended it, else 0.</summary>
    public int Signal { get; init; }

    /// <summary>True when output was still arriving, from a process left behind, when reading stopped.</summary>
    public bool Truncated { get; init; }
}

/// <summary>Source-generated JSON of the control messages, so that both ends work trimmed and ahead-of-time compiled.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    MaxDepth = ProtocolLimits.MaxJsonDepth)]
[JsonSerializable(typeof(HelloMessage))]
[JsonSerializable(typeof(OpenMessage))]
[JsonSerializable(typeof(OpenedMessage))]
[JsonSerializable(typeof(FailMessage))]
[JsonSerializable(typeof(SignalMessage))]
[JsonSerializable(typeof(TerminalMessage))]
[JsonSerializable(typeof(ExitMessage))]
public sealed partial class ProtocolJson : JsonSerializerContext
{
    /// <summary>Reads a control message.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="payload">The frame's payload.</param>
    /// <param name="typeInfo">Its metadata in this class.</param>
    /// <returns>The message.</returns>
    /// <exception cref="ProtocolViolationException">The payload is not that message.</exception>
    public static T Read<T>(ReadOnlySpan<byte> payload, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> typeInfo)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload, typeInfo) ?? throw new ProtocolViolationException($"A {typeof(T).Name} is null.");
        }
        catch (JsonException e)
        {
            throw new ProtocolViolationException($"A {typeof(T).Name} is no valid JSON.", e);
        }
    }
}
