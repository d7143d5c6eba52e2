using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Provider;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Wsl;

public sealed class WslDistributionTests(ITestOutputHelper output)
{
    private static string Line(string mark, string name, int width, string state, string version) => $"{mark} {name.PadRight(width + 4)}{state,-16}{version}\r\n";

    [Fact]
    public void Every_state_is_read()
    {
        string[] states = ["Stopped", "Running", "Installing", "Uninstalling", "Converting", "Exporting", "Meditating"];
        string text = Line(" ", "NAME", 12, "STATE", "VERSION") + string.Concat(states.Select((s, i) => Line(i == 1 ? "*" : " ", $"distro-{i}.x_", 12, s, i == 0 ? "1" : "2")));
        IReadOnlyList<WslDistribution> all = WslDistribution.ParseList(text);
        Assert.Equal(
            [WslDistributionState.Stopped, WslDistributionState.Running, WslDistributionState.Installing, WslDistributionState.Uninstalling, WslDistributionState.Converting, WslDistributionState.Exporting, WslDistributionState.Unknown],
            all.Select(d => d.State));
        Assert.Equal("distro-1.x_", all.Single(d => d.IsDefault).Name);
        Assert.Equal(1, all[0].Version);
        Assert.All(all.Skip(1), d => Assert.Equal(2, d.Version));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  NAME      STATE           VERSION\r\n")]
    [InlineData("  NAME      STATE           VERSION\r\n\r\nsome warning in a sentence\r\n")]
    public void A_list_of_nothing_is_empty(string text) => Assert.Empty(WslDistribution.ParseList(text));

    [Fact]
    public void Translated_headings_and_states_do_no_harm()
    {
        WslDistribution found = Assert.Single(WslDistribution.ParseList("  NAME            STATUS          VERSION\r\n* agentsandbox    Wird ausgeführt         2\r\n"));
        Assert.Equal(new WslDistribution("agentsandbox", WslDistributionState.Unknown, 2, true), found);
    }

    [Fact]
    public void What_was_formatted_is_read_back()
    {
        Random random = Seeded.Create(output);
        const string Allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        string[] states = Enum.GetNames<WslDistributionState>()[1..];
        for (int round = 0; round < 500; round++)
        {
            var all = Enumerable.Range(0, random.Next(1, 8)).Select(i => new WslDistribution(
                new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Allowed[random.Next(Allowed.Length)])]) + i,
                Enum.Parse<WslDistributionState>(states[random.Next(states.Length)]), random.Next(1, 3), i == 0)).ToList();
            int width = Math.Max(4, all.Max(d => d.Name.Length));
            string text = Line(" ", "NAME", width, "STATE", "VERSION") + string.Concat(all.Select(d => Line(d.IsDefault ? "*" : " ", d.Name, width, d.State.ToString(), $"{d.Version}")));
            Assert.Equal(all, WslDistribution.ParseList(text));
        }
    }

    [Theory]
    [InlineData("agentsandbox", true)]
    [InlineData("agentsandbox-1a2b3c4d", true)]
    [InlineData("Ubuntu-24.04", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("two words", false)]
    [InlineData("a\tb", false)]
    [InlineData("\"quoted\"", false)]
    [InlineData("--unregister", false)]
    [InlineData("-d", false)]
    [InlineData("a/b", false)]
    [InlineData("ünï", false)]
    public void Only_names_that_wsl_can_not_misread_are_handed_to_it(string? name, bool isValid)
    {
        Assert.Equal(isValid, WslDistribution.IsValidName(name));
        if (name is not null && !isValid)
        {
            Assert.Equal(SandboxErrorId.InvalidName, Assert.Throws<SandboxException>(() => WslProvider.InDistribution(name, "true")).ErrorId);
        }
    }

    [Fact]
    public void A_program_is_run_with_no_shell_and_no_folder_of_windows() =>
        Assert.Equal(["-d", "agentsandbox", "-u", "root", "--cd", "/", "-e", "/bin/true", "a b"], WslProvider.InDistribution("agentsandbox", "/bin/true", "a b"));
}
