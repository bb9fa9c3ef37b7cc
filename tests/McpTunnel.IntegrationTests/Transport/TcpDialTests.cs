using System.Net;
using System.Net.Sockets;
using McpTunnel.Transport.Sockets;
using McpTunnel.Transport.Tls;

namespace McpTunnel.IntegrationTests.Transport;

[CancelAfter(60_000)]
public sealed class TcpDialTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    [Test]
    public async Task Second_address_of_a_name_is_dialled_where_the_first_refuses_also_with_options_that_the_framework_does_not_know(CancellationToken cancellationToken)
    {
        using var listener = Listen(IPAddress.Loopback);

        using var socket = await Dial(IPAddress.Parse("127.0.0.2"), IPAddress.Loopback).ConnectAsync(NameOf(listener), cancellationToken);

        Assert.That(socket.RemoteEndPoint, Is.EqualTo(listener.LocalEndpoint));
        Assert.That(socket.NoDelay, Is.True, "it was prepared");
    }

    [Test]
    [Platform("Linux")]
    public async Task Second_address_of_a_name_is_dialled_where_the_first_swallows_packets(CancellationToken cancellationToken)
    {
        using var listener = Listen(IPAddress.Loopback);
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2").MapToIPv6(), ((IPEndPoint)listener.LocalEndpoint).Port));
        full.Listen(backlog: 0);
        var waiting = await FillAsync((IPEndPoint)full.LocalEndPoint!, cancellationToken);

        using var socket = await Dial(IPAddress.Parse("127.0.0.2"), IPAddress.Loopback).ConnectAsync(NameOf(listener), cancellationToken);

        Assert.That(socket.RemoteEndPoint, Is.EqualTo(listener.LocalEndpoint));
        waiting.ForEach(one => one.Dispose());
    }

    [Test]
    public void What_happened_at_the_last_address_is_said()
    {
        using var closed = Listen(IPAddress.Loopback);
        var target = NameOf(closed);
        closed.Stop();

        Assert.That(
            () => Dial(IPAddress.Parse("127.0.0.2"), IPAddress.Loopback).ConnectAsync(target, CancellationToken.None),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionRefused));
    }

    [Test]
    public void Name_without_addresses_does_not_resolve() =>
        Assert.That(
            () => Dial().ConnectAsync(new DnsEndPoint("edge.test", 443), CancellationToken.None),
            Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.HostNotFound));

    [Test]
    public void Kernel_that_refuses_small_segments_does_not_end_the_dial()
    {
        // UDP has no segments: as good a refusal as that of a sandbox.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        Assert.That(() => TcpPath.KeepPacketsSmall(socket), Throws.Nothing);
    }

    private static TcpDial Dial(params IPAddress[] addresses) => new((_, _) => Task.FromResult(addresses), Prepare, Patience, TimeProvider.System);

    private static void Prepare(Socket socket, IPAddress address)
    {
        TlsCarrier.Prepare(socket, TimeSpan.FromSeconds(14));
        TcpPath.KeepPacketsSmall(socket);
    }

    private static DnsEndPoint NameOf(TcpListener listener) => new("edge.test", ((IPEndPoint)listener.LocalEndpoint).Port);

    private static TcpListener Listen(IPAddress address)
    {
        var listener = new TcpListener(address, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Connects until nothing is accepted any more: further packets are dropped without a word.</summary>
    private static async Task<List<Socket>> FillAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>();
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            try
            {
                using var limit = new CancellationTokenSource(Patience);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                await socket.ConnectAsync(target, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return sockets;
            }
        }
    }
}
