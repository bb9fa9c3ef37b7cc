using System.Net;

namespace McpTunnel.Edge.Ingress;

/// <summary>What is known of an agent's connection when it is routed.</summary>
internal readonly record struct AgentConnection(string Id, IPEndPoint Remote, IPEndPoint? Local, string ServerName, ReadOnlyMemory<byte> Hello);
