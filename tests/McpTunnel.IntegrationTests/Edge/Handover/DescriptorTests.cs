using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress;
using McpTunnel.TestKit;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>What goes from one process to the next: locks and listening sockets, while nobody outside notices who has them.</summary>
[CancelAfter(60_000)]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class DescriptorTests
{
    private ScratchDirectory _directory = null!;
    private HandoverChannel _old = null!;
    private HandoverChannel _new = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        _directory = new ScratchDirectory();
        using var listening = HandoverSocket.Listen(_directory["sock"]);
        var accepted = listening.AcceptAsync();
        _new = new HandoverChannel(await HandoverSocket.ConnectAsync(_directory["sock"], CancellationToken.None), TimeProvider.System);
        _old = new HandoverChannel(await accepted, TimeProvider.System);
    }

    [TearDown]
    public void Disconnect()
    {
        _old.Dispose();
        _new.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Lock_that_was_given_on_is_free_only_when_the_successor_lets_go()
    {
        var first = StateLock.Take(_directory.Path, "lock");
        _old.TrySend(new HandoverMessage(HandoverMessage.Offer), first.Handle);
        var (_, descriptors) = (await _new.ReceiveAsync(CancellationToken.None))!.Value;
        var second = StateLock.Adopt(descriptors[0]);
        first.Dispose();

        Assert.That(() => StateLock.Take(_directory.Path, "lock"), Throws.InstanceOf<CertificateException>().With.Property("Fault").EqualTo(CertificateFault.InUse));
        second.Dispose();
        Assert.That(() => StateLock.Take(_directory.Path, "lock").Dispose(), Throws.Nothing);
    }

    [Test]
    public async Task Connection_that_waits_is_accepted_by_the_successor_though_the_first_one_closed_while_accepting()
    {
        var first = new ListenSocket("listen", IngressSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), 10));
        var endPoint = (IPEndPoint)first.EndPoint;
        using var giveUp = new CancellationTokenSource();
        var accepting = first.Accepting.AcceptAsync(giveUp.Token).AsTask();
        _old.TrySend(new HandoverMessage(HandoverMessage.Offer), first.Handle);
        var (_, descriptors) = (await _new.ReceiveAsync(CancellationToken.None))!.Value;
        using var second = new ListenSocket("listen", Descriptors.ToSocket(descriptors[0]));

        // As Kestrel ends its own listeners: closed with an accept in progress.
        first.Dispose();
        Assert.That(async () => await accepting, Throws.Exception);
        using var agent = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync(endPoint);
        using var accepted = await second.Accepting.AcceptAsync();

        Assert.That(accepted.LingerState!.Enabled, Is.False, "closed in order, not by a reset");
    }

    [Test]
    public async Task Socket_made_of_a_descriptor_is_its_only_owner()
    {
        using var listening = IngressSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), 10);
        _old.TrySend(new HandoverMessage(HandoverMessage.Offer), listening.SafeHandle);
        var (_, descriptors) = (await _new.ReceiveAsync(CancellationToken.None))!.Value;

        using var socket = Descriptors.ToSocket(descriptors[0]);

        Assert.That(descriptors[0].IsClosed, "what is closed twice is somebody else's the second time");
        Assert.That(socket.LocalEndPoint, Is.EqualTo(listening.LocalEndPoint));
    }

    [Test]
    [Retry(5)]
    public async Task F13_connection_that_was_given_away_and_comes_back_under_its_old_number_can_be_read()
    {
        using var listening = IngressSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), 10);
        using var agent = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync((IPEndPoint)listening.LocalEndPoint!);
        var accepted = await listening.AcceptAsync();
        var waiting = accepted.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        await agent.SendAsync("1"u8.ToArray());
        await waiting;
        var (elsewhere, formerly) = (await Descriptor.CopyAsync(accepted, _new, _old), (int)accepted.Handle);
        accepted.Dispose();
        var returned = await BackUnderAsync(formerly);
        elsewhere.Dispose();

        using var again = Descriptors.ToSocket(returned, formerly);
        var received = new byte[2];
        await again.ReceiveAsync(received.AsMemory(0, 1), SocketFlags.None);
        var second = again.ReceiveAsync(received.AsMemory(1), SocketFlags.None);
        await agent.SendAsync("2"u8.ToArray());
        await second;

        Assert.That(received, Is.EqualTo("12"u8.ToArray()), "watched under its old number it fails here");
        Assert.That((int)again.Handle, Is.Not.EqualTo(formerly));
        Assert.That(Descriptor.Count(again), Is.EqualTo(1));

        // The kernel gives the lowest number that is free, and something else in this process may take that.
        async Task<SafeFileHandle> BackUnderAsync(int number)
        {
            var others = new List<SafeFileHandle>();
            SafeFileHandle back;
            do
            {
                _old.TrySend(new HandoverMessage(HandoverMessage.Connection), elsewhere);
                back = (await _new.ReceiveAsync(CancellationToken.None))!.Value.Descriptors.Single();
                others.Add(back);
            }
            while ((int)back.DangerousGetHandle() < number);

            others.Remove(back);
            others.ForEach(other => other.Dispose());
            Assert.That((int)back.DangerousGetHandle(), Is.EqualTo(number), "something else took the number; tried again");
            return back;
        }
    }

    [Test]
    public async Task Messages_arrive_whole_and_in_order_and_the_end_is_seen()
    {
        var hello = new byte[16 * 1024];
        Random.Shared.NextBytes(hello);
        for (var i = 0; i < 50; i++)
        {
            await _old.SendAsync(new HandoverMessage(HandoverMessage.Connection) { Hello = hello, Detail = $"{i}" }, [], CancellationToken.None);
            Assert.That((await _new.ReceiveAsync(CancellationToken.None))!.Value.Message is { } got && got.Detail == $"{i}" && got.Hello.AsSpan().SequenceEqual(hello));
        }

        _old.Dispose();
        Assert.That(await _new.ReceiveAsync(CancellationToken.None), Is.Null);
        Assert.That(_new.TrySend(new HandoverMessage(HandoverMessage.Ready)), Is.False);
    }

    [Test]
    public void Peer_is_known_by_the_kernel() =>
        Assert.That((_old.Peer, _new.Peer), Is.EqualTo(((Environment.ProcessId, HandoverSocket.User), (Environment.ProcessId, HandoverSocket.User))));
}
