using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>One call of the API.</summary>
/// <param name="Method">GET, POST, PUT or DELETE.</param>
/// <param name="Path">Escaped path and query behind the version, from the slash on.</param>
internal sealed record EngineCall(HttpMethod Method, string Path)
{
    /// <summary>What the engine answers from memory.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromSeconds(60);

    /// <summary>What needs its disk, its runtime or the start of a virtual machine.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMinutes(5);

    /// <summary>JSON of the body, or null.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The body when it is no JSON, or null. A call with one is sent once only.</summary>
    public Stream? Upload { get; init; }

    /// <summary>Time for the whole answer; for a stream, for its head.</summary>
    public TimeSpan Bound { get; init; } = Quick;

    /// <summary>Value of <c>X-Registry-Auth</c>, or null.</summary>
    public string? RegistryAuth { get; init; }

    /// <summary>A call by GET.</summary>
    /// <param name="path">Path and query.</param>
    /// <returns>The call.</returns>
    public static EngineCall Get(string path) => new(HttpMethod.Get, path);

    /// <summary>A call by POST.</summary>
    /// <param name="path">Path and query.</param>
    /// <returns>The call.</returns>
    public static EngineCall Post(string path) => new(HttpMethod.Post, path) { Bound = Slow };

    /// <summary>The same with a body of JSON.</summary>
    /// <typeparam name="T">What the body is.</typeparam>
    /// <param name="body">The body.</param>
    /// <param name="type">How it is written.</param>
    /// <returns>The call.</returns>
    public EngineCall With<T>(T body, JsonTypeInfo<T> type) => this with { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    /// <summary>Method and path for messages.</summary>
    public override string ToString()
    {
        int query = Path.IndexOf('?', StringComparison.Ordinal);
        return $"{Method} {(query < 0 ? Path : Path[..query])}";
    }

    /// <summary>The HTTP request.</summary>
    /// <param name="prefix">What stands before the path: the address's own and the version.</param>
    /// <returns>The request.</returns>
    public HttpRequestMessage ToRequest(string prefix)
    {
        HttpRequestMessage request = new(Method, prefix + Path);
        if (Upload is not null)
        {
            request.Content = new UploadContent(Upload);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
            // An error ("no such container") then comes before the upload, not as a broken pipe within it.
            request.Headers.ExpectContinue = true;
        }
        else if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (RegistryAuth is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Registry-Auth", RegistryAuth);
        }

        return request;
    }
}
