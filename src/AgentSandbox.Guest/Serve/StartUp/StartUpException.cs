namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>The guest must not serve: an option is wrong, or a protection that was asked for could not be put in place.</summary>
internal sealed class StartUpException : Exception
{
    public StartUpException(string message)
        : base(message)
    {
    }

    /// <summary>A system call failed.</summary>
    /// <param name="call">Its name and what it was about.</param>
    /// <param name="errno">errno(3).</param>
    public StartUpException(string call, int errno)
        : base($"{call} failed with error number {errno}.")
    {
    }
}
