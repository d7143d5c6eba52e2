namespace AgentSandbox.Backends;

/// <summary>Where the commands of a backend's sandboxes run, which decides what this machine can see of them.</summary>
internal enum PayloadPlace
{
    /// <summary>On this machine's own kernel: each command is a process in its /proc.</summary>
    ThisKernel,

    /// <summary>On a kernel of their own, which is a process here: only that one shows in /proc.</summary>
    OwnKernel,

    /// <summary>On another machine, be it a virtual one on this. Nothing that is here is there.</summary>
    OtherMachine,

    /// <summary>In an instance of Windows Sandbox, a virtual machine on this one with Windows in it: other questions are asked about it.</summary>
    WindowsInstance,
}
