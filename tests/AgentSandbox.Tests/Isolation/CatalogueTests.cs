using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation;

public class CatalogueTests
{
    [Fact]
    public void Ids_are_unique_and_say_where_they_belong()
    {
        Assert.Equal(IsolationTester.Catalogue.Count, IsolationTester.Catalogue.Select(probe => probe.Id).Distinct().Count());
        string[] platforms = ["wsl", "wsb"]; // What only one platform has goes by its name.
        Assert.All(IsolationTester.Catalogue.Where(probe => !platforms.Contains(probe.Id.Split('.')[0]) && probe.Id != "ns.inventory"), probe => Assert.Equal( // Namespaces are a matter of every category.
            probe.Id.Split('.')[0],
            probe.Category switch
            {
                IsolationCategory.FileSystem => "fs",
                IsolationCategory.Process => "process",
                IsolationCategory.Network => "net",
                IsolationCategory.Kernel => "kernel",
                IsolationCategory.Privilege => "priv",
                IsolationCategory.Device => "device",
                IsolationCategory.Resource => "res",
                _ => "ipc",
            }));
    }

    [Fact]
    public void Every_probe_says_what_it_asks_where_from_and_what_closes_it() =>
        Assert.All(IsolationTester.Catalogue, probe => Assert.True(probe.Question.EndsWith('?') && probe.Reference.Length > 0 && probe.Remedy.Length > 0, probe.Id));

    [Fact]
    public void Probes_are_chosen_by_id_and_unknown_ones_are_named()
    {
        Assert.Equal(["fs.host-path", "net.vsock"], ProbeRegistry.Create(["NET.vsock", "fs.host-path"]).Select(probe => probe.Info.Id));
        SandboxException error = Assert.Throws<SandboxException>(() => ProbeRegistry.Create(["fs.host-path", "no.such"]));
        Assert.Equal(SandboxErrorId.ProbeNotFound, error.ErrorId);
        Assert.Contains("no.such", error.Message, StringComparison.Ordinal);
    }
}
