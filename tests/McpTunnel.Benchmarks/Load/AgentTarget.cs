using System.Globalization;

namespace McpTunnel.Benchmarks.Load;

/// <summary>What an agent needs to know to call a server through a path.</summary>
/// <param name="Address">The IP address to connect to.</param>
/// <param name="Port">The port to connect to.</param>
/// <param name="ServerName">SNI, Host header and certificate name.</param>
/// <param name="CaFile">The PEM file of the only CA that is trusted.</param>
/// <param name="Token">The bearer token, for a server that asks for one.</param>
/// <param name="Tls">Whether the agent speaks TLS; all paths but the plainest want it.</param>
internal sealed record AgentTarget(string Address, int Port, string ServerName, string CaFile, string? Token = null, bool Tls = true)
{
    /// <summary>Name and port, as agents write them in Host.</summary>
    public string Authority => string.Create(CultureInfo.InvariantCulture, $"{ServerName}:{Port}");
}
