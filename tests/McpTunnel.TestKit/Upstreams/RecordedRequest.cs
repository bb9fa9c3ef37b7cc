namespace McpTunnel.TestKit.Upstreams;

/// <summary>A request as an upstream received it.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Target">The request target exactly as it stood on the request line.</param>
/// <param name="Headers">Name and value of every header line, in order.</param>
/// <param name="Body">Content bytes; empty when the behaviour did not read them.</param>
public sealed record RecordedRequest(string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>All values of a header, in order; the name's case does not matter.</summary>
    public IReadOnlyList<string> Header(string name) =>
        [.. Headers.Where(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];
}
