namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>Where an engine is, found as the docker command line finds it.</summary>
/// <param name="Address"><c>unix:///path</c>, <c>npipe:////./pipe/name</c> or <c>tcp://host:port</c>.</param>
/// <param name="Tls">Files of its TLS set-up; null for plain text.</param>
/// <param name="Source">Where the address comes from, for messages, such as <c>DOCKER_HOST</c> or <c>context 'work'</c>.</param>
/// <param name="IsDefault">Nobody named it: it is the platform's default, and whether an engine is there is open.</param>
internal sealed record DockerEndpoint(string Address, DockerTls? Tls, string Source, bool IsDefault);

/// <summary>TLS set-up of an endpoint.</summary>
/// <param name="CaFile">PEM of the authority that the engine's certificate must come from; null for the machine's.</param>
/// <param name="CertificateFile">PEM of our certificate, or null.</param>
/// <param name="KeyFile">PEM of its key, or null.</param>
/// <param name="SkipVerify">Take any certificate, as <c>SkipTLSVerify</c> of a context says.</param>
internal sealed record DockerTls(string? CaFile, string? CertificateFile, string? KeyFile, bool SkipVerify);
