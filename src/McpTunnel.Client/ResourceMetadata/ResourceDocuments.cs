using System.Buffers;
using System.Text.Json;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Routing;

namespace McpTunnel.Client.ResourceMetadata;

/// <summary>
/// A server's protected resource metadata (RFC 9728): one document for its MCP endpoint at the path-inserted address, one for
/// the server as a whole at the root, each naming exactly the resource that its address stands for (section 3.3). Immutable.
/// </summary>
internal sealed class ResourceDocuments
{
    private const string WellKnown = "/.well-known/oauth-protected-resource";

    private readonly string _endpointPath;
    private readonly byte[] _endpoint;
    private readonly byte[] _root;

    public ResourceDocuments(ServerAddress address, AuthenticationOptions authentication)
    {
        _endpointPath = WellKnown + (address.Path == "/" ? "" : address.Path);
        EndpointUrl = address.Origin + _endpointPath;
        _endpoint = Write(address.Url, authentication);
        _root = Write(address.Origin, authentication);
    }

    /// <summary>Where challenges point (RFC 9728 section 5.1).</summary>
    public string EndpointUrl { get; }

    public static bool IsWellKnown(ReadOnlySpan<char> path) => path.StartsWith(WellKnown, StringComparison.Ordinal);

    /// <summary>The document at <paramref name="path"/>; null when there is none.</summary>
    public byte[]? Find(ReadOnlySpan<char> path) =>
        path.SequenceEqual(_endpointPath) ? _endpoint
        : path.SequenceEqual(WellKnown) ? _root
        : null;

    private static byte[] Write(string resource, AuthenticationOptions authentication)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("resource", resource);
        json.WriteStartArray("authorization_servers");
        json.WriteStringValue(authentication.Issuer!.OriginalString);
        json.WriteEndArray();
        if (authentication.RequiredScopes.Count > 0)
        {
            json.WriteStartArray("scopes_supported");
            foreach (var scope in authentication.RequiredScopes)
            {
                json.WriteStringValue(scope);
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("bearer_methods_supported");
        json.WriteStringValue("header");
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenSpan.ToArray();
    }
}
