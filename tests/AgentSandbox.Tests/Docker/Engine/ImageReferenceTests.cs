using AgentSandbox.Backends.Docker.Engine.Images;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class ImageReferenceTests(ITestOutputHelper output)
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("python", "docker.io", "library/python", "latest", null)]
    [InlineData("python:3.12", "docker.io", "library/python", "3.12", null)]
    [InlineData("docker.io/python", "docker.io", "library/python", "latest", null)]
    [InlineData("index.docker.io/library/python", "docker.io", "library/python", "latest", null)]
    [InlineData("user/tool:v1", "docker.io", "user/tool", "v1", null)]
    [InlineData("registry.example.com/a/b/c", "registry.example.com", "a/b/c", "latest", null)]
    [InlineData("registry.example.com:5000/a:b", "registry.example.com:5000", "a", "b", null)]
    [InlineData("localhost/a", "localhost", "a", "latest", null)]
    [InlineData("localhost:5000/a@" + Digest, "localhost:5000", "a", null, Digest)]
    [InlineData("a:b@" + Digest, "docker.io", "library/a", "b", Digest)]
    [InlineData("[::1]:5000/a", "[::1]:5000", "a", "latest", null)]
    [InlineData("a__b/c--d.e", "docker.io", "a__b/c--d.e", "latest", null)]
    public void A_name_is_completed(string text, string registry, string path, string? tag, string? digest)
    {
        ImageReference? reference = ImageReference.TryParse(text);
        Assert.Equal(new(registry, path, tag, digest), reference);
        Assert.Equal(reference, ImageReference.TryParse(reference!.ToString()));
        Assert.Equal(digest ?? tag, reference.TagOrDigest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Python")]
    [InlineData("a b")]
    [InlineData("a/../b")]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a:")]
    [InlineData("a@sha256:12")]
    [InlineData("a:b:c")]
    [InlineData("https://registry.example.com/a")]
    [InlineData("user:password@registry.example.com/a")]
    [InlineData("a?b")]
    [InlineData("a%2fb")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("registry.example.com/")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void What_is_no_name_is_refused(string text) => Assert.Null(ImageReference.TryParse(text));

    [Fact]
    public void Whatever_is_taken_survives_a_round_and_stays_in_its_registry()
    {
        Random random = Seeded.Create(output);
        const string Letters = "abA1./:@-_[]\n %";
        for (int round = 0; round < 50_000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Letters[random.Next(Letters.Length)]));
            if (ImageReference.TryParse(text) is { } reference)
            {
                Assert.Equal(reference, ImageReference.TryParse(reference.ToString()));
                Assert.DoesNotContain("..", reference.Path, StringComparison.Ordinal);
                Assert.DoesNotContain(reference.ToString(), c => c is '\n' or ' ' or '%' or '?');
            }
        }
    }

    [Fact]
    public void Docker_Hub_has_a_key_of_its_own()
    {
        Assert.Equal("https://index.docker.io/v1/", ImageReference.TryParse("python")!.CredentialKey);
        Assert.Equal("quay.io", ImageReference.TryParse("quay.io/a/b")!.CredentialKey);
    }
}
