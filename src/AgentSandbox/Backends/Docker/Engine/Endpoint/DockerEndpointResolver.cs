using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Endpoint;

/// <summary>
/// Finds the engine as docker/cli does (cli/command/cli.go): non-empty <c>DOCKER_HOST</c>, then <c>DOCKER_CONTEXT</c>, then <c>currentContext</c> of config.json,
/// then the platform's default.
/// </summary>
internal static class DockerEndpointResolver
{
    private const string DefaultContext = "default";

    /// <summary>Finds it for this process.</summary>
    /// <returns>The endpoint.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: what names it can't be used.</exception>
    public static DockerEndpoint Resolve() => Resolve(DockerCliSurroundings.Current);

    /// <summary>Finds it.</summary>
    /// <param name="surroundings">Environment and files.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: what names it can't be used.</exception>
    public static DockerEndpoint Resolve(DockerCliSurroundings surroundings)
    {
        if (surroundings.Variable("DOCKER_HOST") is { Length: > 0 } host)
        {
            return Default(host.Trim(), surroundings);
        }

        (string? context, string namedBy) = (surroundings.Variable("DOCKER_CONTEXT"), "DOCKER_CONTEXT");
        if (string.IsNullOrEmpty(context))
        {
            (context, namedBy) = (DockerCliConfig.Load(surroundings).CurrentContext, "the docker command line's config.json");
        }

        return string.IsNullOrEmpty(context) || context == DefaultContext ? Default("", surroundings) : DockerContext.Resolve(context, namedBy, surroundings);
    }

    /// <summary>The platform's local engine.</summary>
    /// <param name="surroundings">Says which platform.</param>
    /// <returns>Its address.</returns>
    public static string DefaultHost(DockerCliSurroundings surroundings) => surroundings.IsWindows ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";

    /// <summary>Whether a file of a TLS set-up is there.</summary>
    /// <param name="surroundings">Reads it.</param>
    /// <param name="path">Its path.</param>
    /// <returns>Whether it is.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it can't be read.</exception>
    public static bool Exists(DockerCliSurroundings surroundings, string path)
    {
        try
        {
            return surroundings.ReadFile(path) is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw EngineErrors.Unusable($"The TLS file {path} can't be read: {EngineText.OneLine(e.Message)}", "Let this user read it.", path, e);
        }
    }

    // The context "default": DOCKER_HOST with the TLS of the environment. TLS is on with DOCKER_TLS or DOCKER_TLS_VERIFY, whatever they say; only the latter verifies.
    private static DockerEndpoint Default(string host, DockerCliSurroundings surroundings)
    {
        bool verify = surroundings.Variable("DOCKER_TLS_VERIFY") is { Length: > 0 };
        bool tls = verify || surroundings.Variable("DOCKER_TLS") is { Length: > 0 };
        bool isNamed = host.Length > 0;
        string source = isNamed ? "DOCKER_HOST" : tls ? verify ? "DOCKER_TLS_VERIFY" : "DOCKER_TLS" : "default";
        EngineAddress address = EngineAddress.Parse(isNamed ? host : tls ? "tcp://localhost:2376" : DefaultHost(surroundings), source);
        DockerTls? files = tls && address.Transport == EngineTransport.Tcp ? Tls(verify, surroundings) : null;
        return new(address.ToString(), files, source, IsDefault: !isNamed && !tls);
    }

    private static DockerTls Tls(bool verify, DockerCliSurroundings surroundings)
    {
        string? folder = surroundings.Variable("DOCKER_CERT_PATH") is { Length: > 0 } given ? given : surroundings.ConfigFolder;
        if (folder is null)
        {
            throw EngineErrors.Unusable("TLS is asked for, but there is no folder with its certificates.", "Set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem.", "DOCKER_CERT_PATH");
        }

        string ca = Path.Combine(folder, "ca.pem"), certificate = Path.Combine(folder, "cert.pem"), key = Path.Combine(folder, "key.pem");
        // As the docker command line has it: the authority has to be there where it is used, our own certificate need not.
        if (verify && !Exists(surroundings, ca))
        {
            throw EngineErrors.Unusable($"DOCKER_TLS_VERIFY is set, but {ca} does not exist.", "Put the authority's certificate there, or correct DOCKER_CERT_PATH.", ca);
        }

        bool hasCertificate = Exists(surroundings, certificate), hasKey = Exists(surroundings, key);
        if (hasCertificate != hasKey)
        {
            string missing = hasCertificate ? key : certificate;
            throw EngineErrors.Unusable($"The TLS file {missing} is missing; the certificate and its key go together.", "Put it there, or correct DOCKER_CERT_PATH.", missing);
        }

        return new(verify ? ca : null, hasCertificate ? certificate : null, hasKey ? key : null, !verify);
    }
}
