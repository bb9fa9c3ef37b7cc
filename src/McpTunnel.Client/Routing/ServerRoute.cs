using System.Collections.Frozen;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.ResourceMetadata;

namespace McpTunnel.Client.Routing;

/// <summary>
/// One server of one configuration, with everything its calls need. Reused by the next configuration when nothing about the
/// server changed; otherwise retired, which closes its upstream connections after its last call.
/// </summary>
internal sealed class ServerRoute
{
    private readonly FrozenSet<string> _origins;
    private readonly string[] _paths;

    public ServerRoute(ServerOptions options, ServerAddress address, long maxRequestBody, IAuthenticator authenticator, Upstream upstream)
    {
        Options = options;
        Address = address;
        MaxRequestBody = maxRequestBody;
        Authenticator = authenticator;
        Upstream = upstream;
        Metadata = options.Authentication.Mode == AuthenticationMode.Jwt ? new ResourceDocuments(address, options.Authentication) : null;
        _origins = options.AllowedOrigins.ToFrozenSet(StringComparer.Ordinal);
        _paths = options.Paths.Count > 0 ? [.. options.Paths] : [options.EndpointPath];
    }

    public ServerOptions Options { get; }

    public ServerAddress Address { get; }

    public string Name => Options.Name;

    /// <summary>The public name, lower case.</summary>
    public string Host => Address.Host;

    /// <summary>Bytes of the largest request body.</summary>
    public long MaxRequestBody { get; }

    public IAuthenticator Authenticator { get; }

    public Upstream Upstream { get; }

    /// <summary>What agents are told about authorization; null where there is none.</summary>
    public ResourceDocuments? Metadata { get; }

    /// <summary>Why the issuer's keys could not be fetched last time; null when they could, or when there is no issuer.</summary>
    public string? IssuerProblem => (Authenticator as JwtAuthenticator)?.IssuerProblem;

    public bool AllowsOrigin(string origin) => _origins.Contains(origin);

    /// <summary>Whether a path, as it stands on the request line, is one of the exposed ones or below one.</summary>
    public bool Exposes(ReadOnlySpan<char> path)
    {
        foreach (var exposed in _paths)
        {
            if (path.StartsWith(exposed, StringComparison.Ordinal) &&
                (path.Length == exposed.Length || exposed.EndsWith('/') || path[exposed.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }
}
