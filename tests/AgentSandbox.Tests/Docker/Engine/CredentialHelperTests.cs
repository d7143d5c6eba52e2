using System.Diagnostics;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Images;
using AgentSandbox.Tests.Connection;

namespace AgentSandbox.Tests.Docker.Engine;

/// <summary>Helpers are shell scripts here.</summary>
public sealed class CredentialHelperTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("helpers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_helper_is_asked_for_the_registry_s_key()
    {
        Script("good", """read -r key; echo "{\"ServerURL\":\"$key\",\"Username\":\"me $1 $key\",\"Secret\":\"s\"}" """);
        Script("token", """echo '{"Username":"<token>","Secret":"s"}'""");
        DockerCliConfig config = new() { CredsStore = "good", CredHelpers = new Dictionary<string, string?> { ["quay.io"] = "token" } };
        Assert.Equal(new(new() { UserName = "me get https://index.docker.io/v1/", Password = "s", ServerAddress = "https://index.docker.io/v1/" }, null), await Find(config, "python"));
        Assert.Equal(new(new() { IdentityToken = "s", ServerAddress = "quay.io" }, null), await Find(config, "quay.io/a"));
        Assert.DoesNotContain("Secret", (await Find(config, "python")).Auth!.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task One_that_knows_none_means_none()
    {
        Script("none", "echo 'credentials not found in native keychain'; exit 1");
        Assert.Equal(new(null, null), await Get("none"));
    }

    [Theory]
    [InlineData("echo 'keychain is locked'; exit 3", "keychain is locked")]
    [InlineData("echo 'top secret {'", "no answer that can be read")]
    [InlineData("exec 2>&-; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx || exit; done", "longer than")]
    public async Task One_that_fails_is_a_problem_that_is_told_later(string script, string words)
    {
        Script("bad", script);
        FoundCredentials found = await Get("bad");
        Assert.Null(found.Auth);
        Assert.Contains(words, found.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("top secret", found.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "not on the PATH")]
    [InlineData("../../evil", "no name of a credential helper")]
    [InlineData("a b", "no name of a credential helper")]
    [InlineData(".", "no name of a credential helper")]
    public async Task One_that_is_not_there_or_has_no_name_is_a_problem(string name, string words) =>
        Assert.Contains(words, (await Get(name)).Problem, StringComparison.Ordinal);

    [Fact]
    public async Task A_folder_of_the_PATH_that_is_relative_is_not_looked_into()
    {
        Script("good", "echo '{}'");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder);
        Assert.Contains("not on the PATH", (await new CredentialHelper(relative).GetAsync("good", "k", EngineClient.Soon)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_one_can_be_cancelled_and_ends_it()
    {
        string mark = Path.Combine(_folder, "started");
        Script("slow", $"echo $$ > '{mark}.tmp'; mv '{mark}.tmp' '{mark}'; sleep 1000");
        using CancellationTokenSource cancel = new();
        Task<FoundCredentials> waiting = new CredentialHelper(_folder).GetAsync("slow", "k", cancel.Token);
        await Waiting.Until(() => File.Exists(mark));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        string pid = (await File.ReadAllTextAsync(mark)).Trim();
        await Waiting.Until(() => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal));
    }

    private Task<FoundCredentials> Get(string name) => new CredentialHelper(_folder).GetAsync(name, "registry.example.com", EngineClient.Soon);

    private Task<FoundCredentials> Find(DockerCliConfig config, string image) =>
        new RegistryCredentials(config, new CredentialHelper(_folder).GetAsync).FindAsync(ImageReference.TryParse(image)!, EngineClient.Soon);

    // Written by another process: one that this process had open for writing could not be executed (ETXTBSY) while a child of another test still holds it.
    private void Script(string name, string text)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", "cat > \"$0\"; chmod 700 \"$0\"", Path.Combine(_folder, $"docker-credential-{name}")]) { RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write($"#!/bin/sh\n{text}\n");
        process.StandardInput.Close();
        process.WaitForExit();
    }
}
