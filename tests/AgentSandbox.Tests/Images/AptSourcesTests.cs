using AgentSandbox.Images.Build;
using AgentSandbox.Tests.Copying;

namespace AgentSandbox.Tests.Images;

public sealed class AptSourcesTests : IDisposable
{
    private readonly TempFolder _root = new();

    public AptSourcesTests()
    {
        Directory.CreateDirectory($"{_root.Path}/etc/apt/sources.list.d");
        Directory.CreateDirectory($"{_root.Path}/usr/lib");
        File.WriteAllText($"{_root.Path}/usr/lib/os-release", "NAME=\"Debian\"\nID=debian\nVERSION_CODENAME=bookworm\n");
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_machines_own_release_comes_from_the_machines_own_sources()
    {
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list.d/debian.sources", """
            Types: deb
            # comment
            URIs: http://mirror.example/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb deb-src
            URIs: http://mirror.example/security
            Suites: bookworm-security
            Components: main
            """);
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list.d/vendor.list", "deb [arch=amd64 signed-by=/k.gpg] https://vendor.example/apt bookworm stable\n");
        Assert.Equal(
            [
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main",
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm-updates main",
                "deb http://mirror.example/security bookworm-security main",
            ],
            new AptSources(_root.Path).For("bookworm"));
    }

    [Fact]
    public void Another_release_of_the_family_comes_from_the_same_mirror_and_others_from_the_default()
    {
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list", "# deb http://old.example bookworm main\ndeb-src http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian bookworm main # end\n");
        AptSources sources = new(_root.Path);
        Assert.Equal(["deb http://mirror.example/debian bookworm main"], sources.For("bookworm"));
        Assert.Equal(["http://mirror.example/debian"], sources.For("trixie"));
        Assert.Empty(sources.For("noble"));
    }

    [Theory]
    [InlineData("deb http://user:secret@mirror.example/debian bookworm main")]
    [InlineData("deb cdrom:[Debian]/ bookworm main")]
    [InlineData("deb mirror+file:/etc/apt/mirrors/debian.list bookworm main")]
    [InlineData("deb [trusted=yes http://mirror.example/debian bookworm main")]
    public void A_source_with_a_password_or_of_another_kind_is_not_used(string line)
    {
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list", line);
        Assert.Empty(new AptSources(_root.Path).For("bookworm"));
    }

    [Fact]
    public void A_disabled_source_or_one_with_a_key_in_it_is_not_used()
    {
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list.d/a.sources", "Types: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main\nEnabled: no\n");
        File.WriteAllText($"{_root.Path}/etc/apt/sources.list.d/b.sources", "Types: deb\nURIs: http://b.example\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n x\n");
        Assert.Empty(new AptSources(_root.Path).For("bookworm"));
    }

    [Fact]
    public void A_machine_without_apt_has_no_sources()
    {
        using TempFolder empty = new();
        Assert.Empty(new AptSources(empty.Path).For("bookworm"));
    }
}
