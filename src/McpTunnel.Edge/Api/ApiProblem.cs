using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Api;

/// <summary>A problem document (RFC 9457) of the edge's API.</summary>
/// <param name="Code">The wire name of the <see cref="TunnelCode"/>: what a program decides by.</param>
/// <param name="Title">What happened.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">Where, and what to do. Never a secret.</param>
/// <param name="Retryable">Whether the same request may succeed later without anybody changing anything.</param>
internal sealed record ApiProblem(string Code, string Title, int Status, string Detail, bool Retryable);
