using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Host;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Invocation;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>Stands in for the cmdlet whose pipeline has gone on: what is written to it goes into the job.</summary>
internal sealed class JobWriter : Cmdlet, IStandardErrorTarget, IStandardErrorWriter
{
    private readonly JobBuffer _buffer;

    public JobWriter(JobBuffer buffer)
    {
        _buffer = buffer;
        CommandRuntime = new JobRuntime(buffer);
    }

    /// <summary>The first error of our own, such as a time-out; the job has failed then.</summary>
    public ErrorRecord? Failed { get; set; }

    IStandardErrorWriter IStandardErrorTarget.StandardError => this;

    void IStandardErrorWriter.Write(IReadOnlyList<string> lines, string sandboxName)
    {
        foreach (string line in lines)
        {
            _buffer.Add(_buffer.Job.Error, ErrorRecords.FromStandardError(line, sandboxName), line);
        }
    }

    void IStandardErrorWriter.WriteOwn(ErrorRecord record)
    {
        Failed ??= record;
        _buffer.Add(_buffer.Job.Error, record, record.Exception.Message);
    }

    /// <summary>Where the methods of <see cref="Cmdlet"/> write to. Nobody can be asked anything, and nothing here asks.</summary>
    private sealed class JobRuntime(JobBuffer buffer) : ICommandRuntime2
    {
        public PSTransactionContext CurrentPSTransaction => throw new PSNotSupportedException();

        public PSHost Host => null!;

        public void WriteObject(object sendToPipeline)
        {
            PSObject item = PSObject.AsPSObject(sendToPipeline);
            buffer.Add(buffer.Job.Output, item, item.BaseObject as string);
        }

        public void WriteObject(object sendToPipeline, bool enumerateCollection)
        {
            if (enumerateCollection && LanguagePrimitives.GetEnumerable(sendToPipeline) is IEnumerable items)
            {
                foreach (object item in items)
                {
                    WriteObject(item);
                }

                return;
            }

            WriteObject(sendToPipeline);
        }

        public void WriteError(ErrorRecord errorRecord) => buffer.Add(buffer.Job.Error, errorRecord, errorRecord.Exception.Message);

        public void WriteWarning(string text) => buffer.Add(buffer.Job.Warning, new WarningRecord(text), text);

        public void WriteVerbose(string text) => buffer.Add(buffer.Job.Verbose, new VerboseRecord(text), text);

        public void WriteDebug(string text) => buffer.Add(buffer.Job.Debug, new DebugRecord(text), text);

        public void WriteInformation(InformationRecord informationRecord) => buffer.Add(buffer.Job.Information, informationRecord, null);

        public void WriteProgress(ProgressRecord progressRecord) => buffer.Add(buffer.Job.Progress, progressRecord, null);

        public void WriteProgress(long sourceId, ProgressRecord progressRecord) => WriteProgress(progressRecord);

        public void WriteCommandDetail(string text)
        {
            // Pipeline execution details are of a pipeline; here is none.
        }

        public bool ShouldProcess(string target) => true;

        public bool ShouldProcess(string target, string action) => true;

        public bool ShouldProcess(string verboseDescription, string verboseWarning, string caption) => true;

        public bool ShouldProcess(string verboseDescription, string verboseWarning, string caption, out ShouldProcessReason shouldProcessReason)
        {
            shouldProcessReason = ShouldProcessReason.None;
            return true;
        }

        public bool ShouldContinue(string query, string caption) => throw new PSNotSupportedException();

        public bool ShouldContinue(string query, string caption, ref bool yesToAll, ref bool noToAll) => throw new PSNotSupportedException();

        public bool ShouldContinue(string query, string caption, bool hasSecurityImpact, ref bool yesToAll, ref bool noToAll) => throw new PSNotSupportedException();

        public bool TransactionAvailable() => false;

        public void ThrowTerminatingError(ErrorRecord errorRecord) => throw new RuntimeException(errorRecord.Exception.Message, errorRecord.Exception, errorRecord);
    }
}
