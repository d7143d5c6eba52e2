using System.Text;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>What was found for a registry.</summary>
/// <param name="Auth">Credentials; null to pull without.</param>
/// <param name="Problem">Why there are none although there should be: said if the pull then fails. Null when all is well.</param>
internal sealed record FoundCredentials(RegistryAuth? Auth, string? Problem);

/// <summary>
/// Finds the credentials that the docker command line has for a registry: its credential helper, else what config.json holds. Only those of the
/// reference's own registry are ever looked for.
/// </summary>
/// <param name="config">The docker command line's config.json.</param>
/// <param name="helper">Asks a credential helper: its name, the registry's key.</param>
internal sealed class RegistryCredentials(DockerCliConfig config, Func<string, string, CancellationToken, Task<FoundCredentials>> helper)
{
    /// <summary>Finds them.</summary>
    /// <param name="reference">What is to be pulled.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found.</returns>
    public async Task<FoundCredentials> FindAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        string key = reference.CredentialKey;
        string? name = config.CredHelpers?.GetValueOrDefault(key) is { Length: > 0 } own ? own : config.CredsStore;
        if (!string.IsNullOrEmpty(name))
        {
            // As the docker command line does: a helper that is configured is the only place; and when it fails, public images can still be pulled.
            return await helper(name, key, cancellationToken);
        }

        // "docker login" writes the key; older ones and other programs write https://registry/v1/ and the like.
        StoredAuth? stored = config.Auths?.GetValueOrDefault(key)
            ?? config.Auths?.FirstOrDefault(a => HostOf(a.Key) == HostOf(key)).Value;
        return stored is null ? new(null, null) : Read(stored, key);
    }

    /// <summary>Host of a registry, whatever a key has around it.</summary>
    /// <param name="key">Such as <c>https://index.docker.io/v1/</c>.</param>
    /// <returns>Host, and port where there is one.</returns>
    internal static string HostOf(string key)
    {
        string rest = key.StartsWith("https://", StringComparison.Ordinal) ? key[8..] : key.StartsWith("http://", StringComparison.Ordinal) ? key[7..] : key;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? rest : rest[..slash];
    }

    private static FoundCredentials Read(StoredAuth stored, string key)
    {
        (string? user, string? password) = (stored.UserName, stored.Password);
        if (!string.IsNullOrEmpty(stored.Auth))
        {
            byte[] bytes = new byte[stored.Auth.Length];
            string text = Convert.TryFromBase64String(stored.Auth, bytes, out int count) ? Encoding.UTF8.GetString(bytes, 0, count) : "";
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return new(null, $"the entry '{key}' of the docker command line's config.json can't be read; 'docker login' writes it anew");
            }

            (user, password) = (text[..colon], text[(colon + 1)..].Trim('\0'));
        }

        bool isEmpty = string.IsNullOrEmpty(user) && string.IsNullOrEmpty(stored.IdentityToken) && string.IsNullOrEmpty(stored.RegistryToken);
        return isEmpty
            ? new(null, null)
            : new(new() { UserName = user, Password = password, IdentityToken = stored.IdentityToken, RegistryToken = stored.RegistryToken, ServerAddress = key }, null);
    }
}
