using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>TLS as an endpoint wants it.</summary>
internal static class EngineTls
{
    /// <summary>Reads the files of an endpoint's TLS set-up.</summary>
    /// <param name="tls">The set-up.</param>
    /// <param name="host">Name that the engine's certificate must have.</param>
    /// <returns>Options of the handshake.</returns>
    public static SslClientAuthenticationOptions Options(DockerTls tls, string host)
    {
        SslClientAuthenticationOptions options = new() { TargetHost = host };
        if (tls.CertificateFile is not null && tls.KeyFile is not null)
        {
            options.ClientCertificates = [Usable(X509Certificate2.CreateFromPemFile(tls.CertificateFile, tls.KeyFile))];
        }

        if (tls.SkipVerify)
        {
#pragma warning disable CA5359 // The user's own set-up says so (SkipTLSVerify of a context, DOCKER_TLS without DOCKER_TLS_VERIFY).
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (tls.CaFile is not null)
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPemFile(tls.CaFile);
            // An engine's own authority publishes no revocations; the docker CLI asks for none either.
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            options.CertificateChainPolicy = policy;
        }

        return options;
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // SChannel takes no key that lives in this process's memory only; a round through PKCS#12 gives it one that it takes.
        using (certificate)
        {
            return new X509Certificate2(certificate.Export(X509ContentType.Pkcs12));
        }
    }
}
