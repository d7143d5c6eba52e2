using System.Globalization;
using System.Net;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Endpoint;

/// <summary>How an engine is connected to.</summary>
internal enum EngineTransport
{
    /// <summary>A Unix socket.</summary>
    Unix,

    /// <summary>A Windows named pipe.</summary>
    NamedPipe,

    /// <summary>TCP, with TLS or without.</summary>
    Tcp,
}

/// <summary>An engine's address, taken apart.</summary>
/// <param name="Transport">How it is connected to.</param>
/// <param name="Path">Path of the socket, or name of the pipe; for TCP the prefix of every call's path, empty as a rule.</param>
/// <param name="Host">Host name or IP address without brackets; empty except for TCP.</param>
/// <param name="Port">Port; 0 except for TCP.</param>
internal sealed record EngineAddress(EngineTransport Transport, string Path, string Host = "", int Port = 0)
{
    private const string PipePrefix = "//./pipe/";

    /// <summary>What stands before the path of every call: the path of a TCP address, as the docker command line has it.</summary>
    public string PathPrefix => Transport == EngineTransport.Tcp ? Path : "";

    /// <summary>Reads an address as <c>opts/hosts.go</c> of docker/cli does: without a scheme it is TCP, without a port 2375 with TLS or without it.</summary>
    /// <param name="text">Such as <c>unix:///var/run/docker.sock</c>.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <returns>The address.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: no address that can be used.</exception>
    public static EngineAddress Parse(string text, string source)
    {
        text = text.Trim();
        int colon = text.IndexOf("://", StringComparison.Ordinal);
        (string scheme, string rest) = colon < 0 ? ("tcp", text) : (text[..colon], text[(colon + 3)..]);
        return scheme switch
        {
            "unix" => Unix(rest, text, source),
            "npipe" => Pipe(rest, text, source),
            "tcp" => Tcp(rest, text, source),
            "ssh" => throw EngineErrors.Unusable(
                $"The engine address '{Shown(text)}' of {Shown(source)} goes over ssh, which is not supported.",
                "Forward the socket yourself ('ssh -L /tmp/docker.sock:/var/run/docker.sock host') and set DOCKER_HOST=unix:///tmp/docker.sock.", source),
            _ => throw Bad(text, source, $"the scheme '{Shown(scheme)}' is none of unix, npipe, tcp"),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Transport switch
    {
        EngineTransport.Unix => $"unix://{Path}",
        EngineTransport.NamedPipe => $"npipe://{PipePrefix}{Path}",
        _ => $"tcp://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port.ToString(CultureInfo.InvariantCulture)}{Path}",
    };

    private static EngineAddress Unix(string rest, string text, string source)
    {
        string path = rest.Length == 0 ? "/var/run/docker.sock" : rest;
        // Relative to the current folder it would be another engine in each; Windows has drives.
        return (path[0] == '/' || System.IO.Path.IsPathFullyQualified(path)) && IsClean(path)
            ? new(EngineTransport.Unix, path)
            : throw Bad(text, source, "the path of the socket has to be absolute");
    }

    private static EngineAddress Pipe(string rest, string text, string source)
    {
        string path = rest.Length == 0 ? $"{PipePrefix}docker_engine" : rest.Replace('\\', '/');
        string name = path.StartsWith(PipePrefix, StringComparison.OrdinalIgnoreCase) ? path[PipePrefix.Length..] : "";
        return name.Length > 0 && !name.Contains('/') && IsClean(name)
            ? new(EngineTransport.NamedPipe, name)
            : throw Bad(text, source, "a pipe of this machine looks like npipe:////./pipe/name");
    }

    private static EngineAddress Tcp(string rest, string text, string source)
    {
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        (string authority, string path) = slash < 0 ? (rest, "") : (rest[..slash], rest[slash..].TrimEnd('/'));
        string host, port;
        if (authority.StartsWith('['))
        {
            int end = authority.IndexOf(']', StringComparison.Ordinal);
            host = end > 0 ? authority[1..end] : "";
            port = end > 0 ? authority[(end + 1)..] : "";
            bool valid = IPAddress.TryParse(host, out IPAddress? ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
            if (!valid || (port.Length > 0 && port[0] != ':'))
            {
                throw Bad(text, source, "an IPv6 address looks like tcp://[::1]:2375");
            }

            port = port.TrimStart(':');
        }
        else
        {
            int colon = authority.IndexOf(':', StringComparison.Ordinal);
            (host, port) = colon < 0 ? (authority, "") : (authority[..colon], authority[(colon + 1)..]);
            host = host.Length == 0 ? "localhost" : host;
            if (Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
            {
                throw Bad(text, source, $"'{Shown(host)}' is no host name");
            }
        }

        int number = 2375;
        if (port.Length > 0 && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > 65535))
        {
            throw Bad(text, source, $"'{Shown(port)}' is no port");
        }

        return Http.EnginePath.IsPrefix(path) ? new(EngineTransport.Tcp, path, host, number) : throw Bad(text, source, $"'{Shown(path)}' is no path");
    }

    private static bool IsClean(string text) => !text.Any(char.IsControl);

    private static string Shown(string text) => EngineText.OneLine(text);

    private static SandboxException Bad(string text, string source, string why) => EngineErrors.Unusable(
        $"The engine address '{Shown(text)}' of {Shown(source)} can't be used: {why}.",
        "Give it as unix:///path, npipe:////./pipe/name or tcp://host:port.", source);
}
