using McpTunnel.Edge.Admin;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.IntegrationTests.Edge;

/// <summary>Writes down which links were to be closed, and says that each order closed two.</summary>
internal sealed class CountedLinks : ILiveLinks
{
    private readonly Lock _gate = new();
    private readonly List<(string What, string Whose, TunnelCode Code)> _closed = [];

    public IReadOnlyList<(string What, string Whose, TunnelCode Code)> Closed
    {
        get
        {
            lock (_gate)
            {
                return [.. _closed];
            }
        }
    }

    public int CloseLinks(string tunnelId, TunnelCode code, string detail) => Add("tunnel", tunnelId, code);

    public int CloseLinksByToken(string tokenHash, TunnelCode code, string detail) => Add("token", tokenHash, code);

    public int CloseLinksByCertificate(string fingerprint, TunnelCode code, string detail) => Add("certificate", fingerprint, code);

    private int Add(string what, string whose, TunnelCode code)
    {
        lock (_gate)
        {
            _closed.Add((what, whose, code));
            return 2;
        }
    }
}
