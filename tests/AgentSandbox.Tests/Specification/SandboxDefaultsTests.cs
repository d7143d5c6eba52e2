using System.Runtime.Versioning;

namespace AgentSandbox.Tests.Specification;

[UnsupportedOSPlatform("windows")]
public sealed class SandboxDefaultsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("as-defaults-").FullName;

    private string File => Path.Combine(_folder, "config", "defaults.json");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Without_a_file_nothing_is_said()
    {
        SandboxDefaults none = SandboxDefaults.Read(File);
        Assert.Empty(none.Names);
        Assert.Equivalent(new SandboxSpecification(), none.Specification, strict: true);
        Assert.Empty(SandboxDefaults.Read(null).Names);
    }

    [Fact]
    public void A_change_keeps_the_others_and_the_last_reset_removes_the_file()
    {
        SandboxDefaults.Change(File, s => s with { Memory = 1L << 30, Backend = "Nspawn" });
        SandboxDefaults changed = SandboxDefaults.Change(File, s => s with { Cpu = 2 });
        Assert.Equal(["Backend", "Memory", "Cpu"], changed.Names);
        Assert.Equal((1L << 30, 2, "Nspawn"), (SandboxDefaults.Read(File).Specification.Memory!.Value, SandboxDefaults.Read(File).Specification.Cpu!.Value, changed.Specification.Backend));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        SandboxDefaults.Change(File, _ => new());
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void A_value_that_can_never_be_changes_nothing()
    {
        SandboxDefaults.Change(File, s => s with { PidLimit = 64 });
        string before = System.IO.File.ReadAllText(File);
        SandboxException error = Assert.Throws<SandboxException>(() => SandboxDefaults.Change(File, s => s with { PidLimit = 1, User = "a:b:c" }));
        Assert.Equal(["User", "PidLimit"], error.Problems.Select(p => p.Parameter));
        Assert.Equal(before, System.IO.File.ReadAllText(File));
    }

    /// <summary>The attack: a program with less rights, or a sandbox with the folder mounted, says what root's next sandbox is made with.</summary>
    [Theory]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_others_can_write_is_refused(UnixFileMode mode)
    {
        SandboxDefaults.Change(File, s => s with { PidLimit = 64 });
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);
        SandboxException error = Assert.Throws<SandboxException>(() => SandboxDefaults.Read(File));
        Assert.Equal(SandboxErrorId.DefaultsFailed, error.ErrorId);
        Assert.Contains("Others can write it", error.Message, StringComparison.Ordinal);
        Assert.Throws<SandboxException>(() => SandboxDefaults.Change(File, s => s with { Cpu = 1 }));
    }

    [Fact]
    public void What_is_no_file_or_no_specification_is_an_error_and_never_waited_for()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, "{ \"Memroy\": 1 }");
        Assert.Equal(SandboxErrorId.InvalidSpecificationFile, Assert.Throws<SandboxException>(() => SandboxDefaults.Read(File)).ErrorId);
        System.IO.File.WriteAllText(File, "{ \"Name\": \"box\" }");
        Assert.Equal(SandboxErrorId.DefaultsFailed, Assert.Throws<SandboxException>(() => SandboxDefaults.Read(File)).ErrorId);
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, "/dev/zero");
        Assert.Equal(SandboxErrorId.DefaultsFailed, Assert.Throws<SandboxException>(() => SandboxDefaults.Read(File)).ErrorId);
    }

    [Fact]
    public void A_user_without_a_folder_is_told_so_when_something_is_to_be_kept() =>
        Assert.Equal(SandboxErrorId.DefaultsFailed, Assert.Throws<SandboxException>(() => SandboxDefaults.Change(null, s => s with { Cpu = 1 })).ErrorId);

    [Fact]
    public async Task Twenty_changes_at_once_all_arrive()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => SandboxDefaults.Change(File, s => s with { Environment = new Dictionary<string, string>(s.Environment) { [$"V{i}"] = "1" } }))));
        Assert.Equal(20, SandboxDefaults.Read(File).Specification.Environment.Count);
    }
}
