using System.Runtime.Versioning;
using AgentSandbox.Processes;
using AgentSandbox.State;

namespace AgentSandbox.Tests.Processes;

[UnsupportedOSPlatform("windows")]
public sealed class ProcessFolderTests : IDisposable
{
    private const string Sandbox = "0123456789ab";
    private readonly SandboxHome _home = new(Directory.CreateTempSubdirectory("processes-").FullName);

    public void Dispose() => Directory.Delete(_home.Root!, recursive: true);

    [Fact]
    public async Task Processes_that_start_at_once_get_numbers_of_their_own()
    {
        ProcessFolder[] made = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => ProcessFolder.Create(_home, Sandbox))));
        Assert.Equal(Enumerable.Range(1, 40), made.Select(f => f.Id).Order());
    }

    [Fact]
    public void The_folder_is_closed_to_others()
    {
        ProcessFolder folder = ProcessFolder.Create(_home, Sandbox);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(ProcessFolder.Of(_home, Sandbox)));
    }

    [Fact]
    public void The_oldest_that_ended_makes_room_and_numbers_are_not_used_twice()
    {
        ProcessFolder first = ProcessFolder.Create(_home, Sandbox);
        using FileLock? running = FileLock.TryTake(first.Lock);
        for (int i = 2; i <= ProcessFolder.MaxCount; i++)
        {
            ProcessFolder.Create(_home, Sandbox);
        }

        Assert.Equal(ProcessFolder.MaxCount + 1, ProcessFolder.Create(_home, Sandbox).Id);
        int[] left = [.. ProcessFolder.All(_home, Sandbox).Select(f => f.Id)];
        Assert.Equal(ProcessFolder.MaxCount, left.Length);
        Assert.Contains(1, left);
        Assert.DoesNotContain(2, left);
    }

    [Fact]
    public void When_all_run_another_one_is_refused()
    {
        var locks = new List<FileLock?>();
        for (int i = 1; i <= ProcessFolder.MaxCount; i++)
        {
            locks.Add(FileLock.TryTake(ProcessFolder.Create(_home, Sandbox).Lock));
        }

        Assert.Equal(SandboxErrorId.ResourceExhausted, Assert.Throws<SandboxException>(() => ProcessFolder.Create(_home, Sandbox)).ErrorId);
        locks.ForEach(l => l!.Dispose());
    }

    [Fact]
    public void A_process_whose_holder_is_gone_is_lost()
    {
        ProcessFolder folder = ProcessFolder.Create(_home, Sandbox);
        Assert.Null(ProcessStore.TryLook(folder, Sandbox, "box"));
        StateFile.Write(folder.Status, new ProcessStatus { State = SandboxProcessState.Running, Command = "x", StartTime = DateTimeOffset.UtcNow, HolderId = 1 }, ProcessJson.Default.ProcessStatus);
        using (FileLock.TryTake(folder.Lock))
        {
            Assert.Equal(SandboxProcessState.Running, ProcessStore.TryLook(folder, Sandbox, "box")!.State);
        }

        Assert.Equal(SandboxProcessState.Lost, ProcessStore.TryLook(folder, Sandbox, "box")!.State);
        Assert.False(ProcessStore.Signal(folder, 0)); // Whoever has that number now is not the holder.
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    public async Task An_object_from_elsewhere_leads_to_no_other_folder(string sandboxId)
    {
        await using var manager = new SandboxManager(_home);
        var forged = new SandboxProcess { Id = 1, SandboxId = sandboxId, SandboxName = "box", Command = "x", State = SandboxProcessState.Running, StartTime = DateTimeOffset.UtcNow };
        Assert.Equal(SandboxErrorId.SandboxNotFound, Assert.Throws<SandboxException>(() => manager.GetProcess(forged)).ErrorId);
        Assert.Equal(SandboxErrorId.SandboxNotFound, Assert.Throws<SandboxException>(() => manager.OpenProcessOutput(forged)).ErrorId);
    }
}
