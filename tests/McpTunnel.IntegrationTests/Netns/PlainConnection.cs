using System.Net;
using System.Net.Sockets;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>One TCP connection with nothing above it, from the client's machine to the edge's: what the way between them allows.</summary>
internal sealed class PlainConnection : IAsyncDisposable
{
    private static readonly IPEndPoint EndPoint = new(TwoNetworks.EdgeForClient.Address, 8443);

    private readonly NetworkStream _inside;
    private readonly NetworkStream _outside;

    private PlainConnection(NetworkStream inside, NetworkStream outside)
    {
        _inside = inside;
        _outside = outside;
    }

    public static async Task<PlainConnection> OpenAsync(TwoNetworks networks, CancellationToken cancellationToken)
    {
        await networks.Firewall.AllowAsync(EndPoint);
        using var listener = networks.Edge.NewSocket();
        listener.Bind(EndPoint);
        listener.Listen();
        var inside = await networks.Client.ConnectAsync(EndPoint, cancellationToken);
        return new PlainConnection(inside, new NetworkStream(await listener.AcceptAsync(cancellationToken), ownsSocket: true));
    }

    /// <summary>Carries so many bytes, until all have arrived.</summary>
    public async Task CarryAsync(int size, bool outwards, CancellationToken cancellationToken)
    {
        var (from, to) = outwards ? (_inside, _outside) : (_outside, _inside);
        var sending = from.WriteAsync(new byte[size], cancellationToken);
        await to.ReadExactlyAsync(new byte[size], cancellationToken);
        await sending;
    }

    public async ValueTask DisposeAsync()
    {
        await _inside.DisposeAsync();
        await _outside.DisposeAsync();
    }
}
