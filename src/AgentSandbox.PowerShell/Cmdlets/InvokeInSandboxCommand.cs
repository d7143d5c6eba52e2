using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

public sealed partial class InvokeInSandboxCommand
{
    private readonly OutputPump _pump = new();
    private StandardErrorWriter? _standardError;
    private InvocationRunner? _runner;
    private PipelineInput? _input;
    private CollectedInput? _collected;
    private BlockInput? _blockInput;
    private SandboxReference[] _waitingForInput = [];
    private bool _pipelineNamesSandboxes;
    private bool _drained;

    IStandardErrorWriter IStandardErrorTarget.StandardError => _standardError ??= new StandardErrorWriter(this);

    /// <inheritdoc/>
    private protected override void Begin()
    {
        try
        {
            TakePositionalLine();
            CheckTargets();
            if (IsDetached)
            {
                BeginDetached();
                return;
            }

            _runner = new InvocationRunner(Manager, ReadPlan(), _pump, ThrottleLimit, StopToken);
            _pipelineNamesSandboxes = Sandbox is null && !IsSpecified;
            if (!_pipelineNamesSandboxes)
            {
                StartNamed(hasInput: MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject)));
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsDetached)
        {
            ProcessDetached();
        }
        else if (_pipelineNamesSandboxes)
        {
            AddFromPipeline();
        }
        else if (_blockInput is not null)
        {
            _blockInput.Append(InputObject);
        }
        else if (_input is not null)
        {
            InputEncoder.Encode(InputObject, Feed);
        }
        else if (_collected is not null)
        {
            Collect();
        }

        _pump.DrainAvailable(this);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_runner is null)
        {
            EndDetached();
            return;
        }

        _input?.Complete();
        _blockInput?.Complete();
        foreach (SandboxReference sandbox in _waitingForInput)
        {
            _runner.Add(sandbox, _collected!.OpenRead());
        }

        _runner.Complete();
        _pump.DrainToEnd(this);
        _drained = true;
        if (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }

        if (_runner.ExitCode is { } exitCode)
        {
            SessionState.PSVariable.Set("global:LASTEXITCODE", exitCode);
            if (exitCode != 0 && !AsResult)
            {
                // $? is false then, and && and || work, as with native commands.
                InvokeCommand.HasErrors = true;
            }
        }

        if (_runner.Defect is { } defect)
        {
            ThrowTerminatingError(new ErrorRecord(defect, "InternalError", ErrorCategory.NotSpecified, Sandbox));
        }

        if (_runner.Terminating is { } terminating)
        {
            ThrowTerminatingError(terminating);
        }

        foreach ((SandboxException exception, string? sandbox) in _runner.Failures)
        {
            ThrowTerminating(exception, sandbox);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_runner is not null)
        {
            if (!_drained)
            {
                // Ctrl+C, an error before us in the pipeline, or a command after us that has enough. The commands are ended and
                // throw-away sandboxes removed before the prompt comes back.
                CancelWork();
                _blockInput?.Complete();
                _runner.Complete();
                _pump.DiscardToEnd();
            }

            _runner.Dispose();
        }

        _input?.Dispose();
        _collected?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>With the sandbox coming by pipeline or being a throw-away one, a lone positional argument is the line: <c>$s | Invoke-InSandbox 'ls'</c>.</summary>
    private void TakePositionalLine()
    {
        bool noCommand = CommandLine is null && Command is null && FilePath is null && ScriptBlock is null;
        if (noCommand && Sandbox is [{ Object: null } line] && (MyInvocation.ExpectingInput || IsSpecified))
        {
            CommandLine = line.NameOrId;
            Sandbox = null;
        }
        else if (noCommand)
        {
            throw new SandboxException(
                CmdletErrorId.CommandRequired,
                "No command was given.",
                "Give a sandbox and a line (Invoke-InSandbox $s 'ls /'), or -Command with -ArgumentList, or -FilePath, or -ScriptBlock.");
        }
    }

    private void CheckTargets()
    {
        if (Sandbox is not null && IsSpecified)
        {
            throw new SandboxException(
                CmdletErrorId.SandboxAmbiguous,
                $"A sandbox was named ('{Sandbox[0]}'), and parameters that describe a new one were given too.",
                "Leave out -Sandbox to run in a throw-away sandbox, or leave out -Backend, -Image, -Mount, -Network, -ReadOnly and the limits.",
                Sandbox[0].NameOrId);
        }

        if (Sandbox is null && !IsSpecified && !MyInvocation.ExpectingInput)
        {
            throw new SandboxException(
                CmdletErrorId.SandboxRequired,
                "No sandbox was named.",
                "Name one (Invoke-InSandbox $s 'ls /'), send some by pipeline (Get-AgentSandbox | Invoke-InSandbox 'ls /'), or say -Backend or -Image for a throw-away one.");
        }
    }

    private InvocationPlan ReadPlan()
    {
        ScriptSource? script = FilePath is null ? null : ScriptSource.Open(HostPath.Literal(SessionState, FilePath));
        CommandSpecification command =
            ScriptBlock is not null ? new CommandSpecification { Arguments = [] }
            : script is null && Command is null ? CommandSpecification.Shell(CommandLine!)
            : new CommandSpecification { Arguments = script is not null ? TextArguments() : [Command!, .. TextArguments()] };
        CommandSpecification how = command with
        {
            Environment = EnvironmentParameter.Read(Environment),
            WorkingDirectory = WorkingDirectory,
            User = User,
            Timeout = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        return new InvocationPlan
        {
            Command = how,
            Block = ScriptBlock is null || BlockIsText ? null : ReadBlock(how),
            BlockCommand = ScriptBlock is null ? null : sandbox => AsProgram(how, sandbox),
            Script = script,
            AsResult = AsResult,
            AsBytes = AsByteStream,
            ThrowAway = Sandbox is null && IsSpecified ? ReadThrowAway(script) : null,
            ExitCodeIsError = LanguagePrimitives.IsTrue(GetVariableValue("PSNativeCommandUseErrorActionPreference")),
        };
    }

    private void StartNamed(bool hasInput)
    {
        SandboxReference?[] targets = [.. (Sandbox ?? [null!]).Where(target => Agreed(target?.NameOrId ?? "a throw-away sandbox"))];
        _runner!.ReportFailures = Sandbox is { Length: > 1 };
        if (targets.Length == 0)
        {
            return;
        }

        if (hasInput && ScriptBlock is not null && !BlockIsText)
        {
            _blockInput = new BlockInput();
            foreach (SandboxReference? target in targets)
            {
                _runner.Add(target, input: null, _blockInput.AddReader());
            }

            return;
        }

        if (hasInput && targets.Length > 1)
        {
            _collected = new CollectedInput();
            _waitingForInput = targets!;
            return;
        }

        _input = hasInput ? new PipelineInput(_pump.Wake) : null;
        foreach (SandboxReference? target in targets)
        {
            _runner.Add(target, _input);
        }
    }

    private void AddFromPipeline()
    {
        _runner!.ReportFailures = true;
        if (TakeFromPipeline() is { } target)
        {
            _runner.Add(target, input: null);
        }
    }

    /// <summary>The sandbox that came by pipeline; null when it is none, which is reported, or the user does not want it.</summary>
    private SandboxReference? TakeFromPipeline()
    {
        if (SandboxReference.FromPipeline(InputObject) is not { } target)
        {
            WriteSandboxError(
                new SandboxException(
                    CmdletErrorId.SandboxRequired,
                    $"'{InputObject}' is no sandbox, and none was named.",
                    "To send it as standard input, name the sandbox: $data | Invoke-InSandbox $s 'cat'.",
                    InputObject));
            return null;
        }

        return Agreed(target.NameOrId) ? target : null;
    }

    private void Feed(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0 && !StopToken.IsCancellationRequested)
        {
            data = data[_input!.Append(data.Span)..];
            if (data.Length > 0)
            {
                // Full. Its output has to be taken meanwhile, or a command that echoes would stand still with us.
                _pump.WaitAndDrain(this);
            }
        }
    }

    private void Collect()
    {
        try
        {
            InputEncoder.Encode(InputObject, data => _collected!.Append(data.Span));
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    private string CommandText => CommandLine ?? Command ?? FilePath ?? ScriptBlock!.ToString().Trim();

    private bool Agreed(string target) => ShouldProcess(target, $"Run {CommandText}");
}
