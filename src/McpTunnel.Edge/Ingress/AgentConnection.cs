using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress;

/// <summary>What is known of an agent's connection when it is routed.</summary>
internal readonly record struct AgentConnection(string Id, Socket Socket, IPEndPoint Remote, string ServerName, ReadOnlyMemory<byte> Hello);
