using System.Net;
using System.Net.Sockets;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>The running process of an edge as a test plays it: a socket to be met at, a lock, a port, and no word that the test does not say.</summary>
internal sealed class PlayedPredecessor : IDisposable
{
    private readonly Socket _meeting;

    public PlayedPredecessor(string state)
    {
        _meeting = HandoverSocket.Listen(Path.Combine(state, EdgeStateFiles.Handover));
        Lock = StateLock.Take(state, EdgeStateFiles.Lock);
        Listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Listening.Listen();
    }

    public StateLock Lock { get; }

    public Socket Listening { get; }

    public IPEndPoint EndPoint => (IPEndPoint)Listening.LocalEndPoint!;

    /// <summary>To the process that takes over.</summary>
    public HandoverChannel Channel { get; private set; } = null!;

    /// <summary>Is met, and asked to hand over.</summary>
    public async Task MeetAsync()
    {
        Channel = new HandoverChannel(await Eventually.ResultAsync(_meeting.AcceptAsync()), TimeProvider.System);
        await ExpectAsync(HandoverMessage.TakeOver);
    }

    /// <summary>Offers the lock and the port.</summary>
    public void Offer() =>
        Channel.TrySend(new HandoverMessage(HandoverMessage.Offer) { Names = [$"listen {EndPoint}"] }, Lock.Handle, Listening.SafeHandle);

    public void Say(string kind) => Assert.That(Channel.TrySend(new HandoverMessage(kind)), kind);

    public async Task ExpectAsync(string kind) => Assert.That((await Eventually.ResultAsync(Channel.HearAsync(CancellationToken.None)))?.Kind, Is.EqualTo(kind));

    public void Dispose()
    {
        Channel?.Dispose();
        Listening.Dispose();
        Lock.Dispose();
        _meeting.Dispose();
    }
}
