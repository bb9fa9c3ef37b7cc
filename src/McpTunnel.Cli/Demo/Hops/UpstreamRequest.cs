namespace McpTunnel.Cli.Demo.Hops;

/// <summary>One request as the private server saw it.</summary>
/// <param name="Request">Method and path.</param>
/// <param name="Status">Its answer.</param>
/// <param name="HasAuthorization">Whether the agent's token came this far; it must not.</param>
/// <param name="ForwardedFor">The agent's address, as the client passed it on.</param>
/// <param name="Elapsed">From the headers until the answer was written.</param>
internal sealed record UpstreamRequest(string Request, int Status, bool HasAuthorization, string ForwardedFor, TimeSpan Elapsed);
