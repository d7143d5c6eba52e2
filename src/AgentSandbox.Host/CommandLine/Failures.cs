namespace AgentSandbox.Host.CommandLine;

/// <summary>The arguments make no sense.</summary>
internal sealed class UsageException : SandboxException
{
    /// <summary>Id that the message carries.</summary>
    public const string Id = "UsageError";

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="verb">The verb whose help tells more.</param>
    public UsageException(string message, Verb verb)
        : base(Id, message, $"Usage: {verb.Usage}\nSee '{verb.FullName} --help'.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="recommendedAction">What to write instead.</param>
    public UsageException(string message, string recommendedAction)
        : base(Id, message, recommendedAction)
    {
    }
}

/// <summary>A signal ended us before there was anything to report.</summary>
internal sealed class InterruptedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="signal">Number of the signal.</param>
    public InterruptedException(int signal)
        : base($"Ended by signal {signal}.")
    {
        Signal = signal;
    }

    /// <summary>Number of the signal.</summary>
    public int Signal { get; }
}

/// <summary>Who read our output has gone (EPIPE). Not an error: the shell's custom is to end quietly.</summary>
internal sealed class OutputClosedException : Exception
{
}
