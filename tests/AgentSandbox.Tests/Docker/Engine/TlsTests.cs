using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Tests.Connection;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("standin-tls-").FullName;
    private readonly X509Certificate2 _authority = Certificate("CN=test authority", null, "authority");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Calls_and_streams_go_over_TLS_and_one_direction_can_end()
    {
        using X509Certificate2 server = Certificate("CN=engine", _authority, "localhost");
        await using StandInEngine engine = StandInEngine.OnTcp(server, new(Pem("ca.pem", _authority.ExportCertificatePem()), null, null, false))
            .On("GET", "/info", """{"Name":"tls"}""")
            .On("POST", "/exec/x/start", async (_, connection) =>
            {
                await connection.HijackAsync();
                await connection.FrameAsync(1, await connection.ReadToEndAsync());
                await connection.CloseAsync();
            });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Equal("tls", (await client.GetInfoAsync(EngineClient.Soon)).Name);
        await using MultiplexedStream streams = await client.StartExecAsync("x", EngineClient.Soon);
        await streams.WriteAsync("over tls"u8.ToArray(), EngineClient.Soon);
        await streams.CloseWriteAsync(EngineClient.Soon);
        Assert.Equal(("over tls", ""), await EngineClient.ReadAllAsync(streams).Soon());
        Assert.Empty(engine.Failures);
    }

    [Fact]
    public async Task Our_certificate_is_shown()
    {
        using X509Certificate2 server = Certificate("CN=engine", _authority, "localhost"), mine = Certificate("CN=me", _authority, "me");
        string ca = Pem("ca.pem", _authority.ExportCertificatePem());
        DockerTls tls = new(ca, Pem("cert.pem", mine.ExportCertificatePem()), Pem("key.pem", mine.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()), false);
        await using StandInEngine engine = StandInEngine.OnTcp(server, tls);
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await client.PingAsync(EngineClient.Soon);
        Assert.Equal(["CN=me"], engine.ClientCertificates);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_or_host_is_refused_unless_none_is_checked()
    {
        using X509Certificate2 stranger = Certificate("CN=stranger", null, "localhost"), elsewhere = Certificate("CN=engine", _authority, "elsewhere.example");
        string ca = Pem("ca.pem", _authority.ExportCertificatePem());
        foreach (X509Certificate2 certificate in new[] { stranger, elsewhere })
        {
            await using StandInEngine strict = StandInEngine.OnTcp(certificate, new(ca, null, null, false));
            using DockerEngine client = EngineClient.Of(strict.Endpoint);
            SandboxException error = await client.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
            Assert.Contains("TLS failed", error.Message, StringComparison.Ordinal);
            Assert.Empty(strict.Requests);
            await using StandInEngine lax = StandInEngine.OnTcp(certificate, new(null, null, null, true));
            using DockerEngine other = EngineClient.Of(lax.Endpoint);
            await other.PingAsync(EngineClient.Soon);
        }
    }

    [Fact]
    public async Task Plain_text_to_a_TLS_engine_and_missing_files_say_what_to_do()
    {
        await using StandInEngine plain = StandInEngine.OnTcp();
        using DockerEngine missing = EngineClient.Of(plain.Endpoint with { Tls = new(Path.Combine(_folder, "none.pem"), null, null, false) });
        Assert.Contains("none.pem", (await missing.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable)).Message, StringComparison.Ordinal);
        using DockerEngine damaged = EngineClient.Of(plain.Endpoint with { Tls = new(null, Pem("cert.pem", "no pem"), Pem("key.pem", "no pem"), false) });
        await damaged.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
        plain.On("GET", "/_ping", (_, connection) => connection.AnswerAsync(400, "Client sent an HTTP request to an HTTPS server.\n", "text/plain"));
        using DockerEngine client = EngineClient.Of(plain.Endpoint);
        Assert.Contains("DOCKER_TLS_VERIFY", (await client.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable)).RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_refused()
    {
        StandInEngine gone = StandInEngine.OnTcp();
        await gone.DisposeAsync();
        using DockerEngine client = EngineClient.Of(gone.Endpoint);
        Assert.Contains("refused", (await client.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable)).Message, StringComparison.Ordinal);
    }

    private string Pem(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static X509Certificate2 Certificate(string subject, X509Certificate2? issuer, string host)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(host == "authority", false, 0, true));
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = DateTimeOffset.UtcNow.AddDays(1);
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using X509Certificate2 certificate = request.Create(issuer, from, issuer.NotAfter, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
