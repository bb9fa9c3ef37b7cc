using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.TestKit.Edges;

/// <summary>What an enrolled client holds.</summary>
public sealed record ClientCredentials(string TunnelId, string Token, string TokenId, string Serial, X509Certificate2 Certificate) : IDisposable
{
    public void Dispose() => Certificate.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"credentials of {TunnelId}";
}
