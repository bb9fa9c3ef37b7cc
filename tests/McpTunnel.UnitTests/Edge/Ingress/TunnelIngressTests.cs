using System.Diagnostics.Metrics;
using System.Net;
using McpTunnel.Edge;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using McpTunnel.UnitTests.Edge.Directory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(30_000)]
public sealed class TunnelIngressTests : IDisposable
{
    private static readonly byte[] Hello = "the bytes of a ClientHello"u8.ToArray();
    private static readonly TunnelRecord Tunnel = new("tnl_aaaaaaaaaaaaaaaa", "acme", "acme.tunnel.test", TunnelState.Active, DateTimeOffset.UnixEpoch);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly EdgeNode _node = new("edge-test");
    private readonly EdgeMetrics _metrics;
    private readonly LinkDirectory _directory;
    private readonly TunnelIngress _ingress;

    public TunnelIngressTests()
    {
        _metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _directory = new LinkDirectory(new DirectoryLimits(10, 10, 10, StreamsPerTunnel: 2), _metrics, NullLogger<LinkDirectory>.Instance);
        _ingress = new TunnelIngress(new OneTunnel(Tunnel), _directory, _node, _metrics, TimeProvider.System, NullLogger<TunnelIngress>.Instance);
    }

    public void Dispose()
    {
        _node.Dispose();
        _services.Dispose();
    }

    [Test]
    public async Task OpenAsync_sends_preamble_and_hello_together()
    {
        await using var pair = await LinkPair.CreateAsync();
        _directory.Register(Entries.For(new FakeLink { Open = pair.Edge.OpenStream }));

        var (stream, _) = await _ingress.OpenAsync(Agent(), Tunnel);
        var client = await pair.Client.AcceptStreamAsync(CancellationToken.None);
        var received = (await client!.Input.ReadAsync()).Buffer;

        Assert.That(ProxyHeaderReader.TryRead(received, out var header, out var length), Is.EqualTo(ProxyHeaderStatus.Complete));
        Assert.That(System.Buffers.BuffersExtensions.ToArray(received.Slice(length)), Is.EqualTo(Hello), "One read has both.");
        Assert.That(header.Authority, Is.EqualTo("docs.acme.tunnel.test"));
        Assert.That(header.Source, Is.EqualTo(Agent().Remote));
        Assert.That(stream!.Links.Streams, Is.EqualTo(1));
    }

    [Test]
    public async Task OpenAsync_agent_right_behind_a_client_waits_until_the_client_is_welcomed()
    {
        await using var pair = await LinkPair.CreateAsync();
        var welcomed = new TaskCompletionSource();
        var link = new FakeLink { Open = pair.Edge.OpenStream, Welcomed = welcomed.Task };
        _directory.Register(Entries.For(link));

        var opening = _ingress.OpenAsync(Agent(), Tunnel);
        Assert.That((opening.IsCompleted, link.OpenAttempts), Is.EqualTo((false, 0)));
        welcomed.SetResult();

        Assert.That((await opening).Stream, Is.Not.Null);
    }

    [TestCase(TunnelCode.NoLink)]
    [TestCase(TunnelCode.StreamLimit)]
    public async Task OpenAsync_link_that_refuses_is_passed_over_for_the_next_one(TunnelCode refusal)
    {
        await using var pair = await LinkPair.CreateAsync();
        var refusing = new FakeLink { Open = () => throw new LinkUnavailableException(refusal, "test") };
        _directory.Register(Entries.For(refusing));
        _directory.Register(Entries.For(new FakeLink(index: 1) { StreamCount = 5, Open = pair.Edge.OpenStream }));

        var (stream, _) = await _ingress.OpenAsync(Agent(), Tunnel);

        Assert.That(stream, Is.Not.Null);
        Assert.That(refusing.OpenAttempts, Is.EqualTo(1));
    }

    [Test]
    public async Task OpenAsync_every_link_refuses_once_and_its_code_is_the_answer()
    {
        var links = Enumerable.Range(0, 3).Select(i => new FakeLink(index: i)).ToArray();
        foreach (var link in links)
        {
            _directory.Register(Entries.For(link));
        }

        var (stream, refusal) = await _ingress.OpenAsync(Agent(), Tunnel);

        Assert.That(stream, Is.Null);
        Assert.That(refusal, Is.EqualTo(TunnelCode.StreamLimit));
        Assert.That(links.Select(link => link.OpenAttempts), Is.All.EqualTo(1));
        Assert.That(_directory.Find(Tunnel.Id)!.Streams, Is.Zero);
    }

    [Test]
    public async Task OpenAsync_stream_that_fails_after_it_was_opened_is_not_tried_elsewhere()
    {
        await using var pair = await LinkPair.CreateAsync();
        var other = new FakeLink(index: 1) { StreamCount = 5 };
        _directory.Register(Entries.For(new FakeLink
        {
            Open = () =>
            {
                var stream = pair.Edge.OpenStream();
                stream.Abort();
                return stream;
            },
        }));
        _directory.Register(Entries.For(other));

        var (stream, refusal) = await _ingress.OpenAsync(Agent(), Tunnel);

        Assert.That(stream, Is.Null);
        Assert.That(refusal, Is.EqualTo(TunnelCode.StreamOpenFailed));
        Assert.That(other.OpenAttempts, Is.Zero);
        Assert.That(_directory.Find(Tunnel.Id)!.Streams, Is.Zero);
    }

    [Test]
    public async Task OpenAsync_at_the_limit_of_the_tunnel_opens_and_one_more_is_refused()
    {
        using var reading = new MeterReading(_metrics.Meter);
        await using var pair = await LinkPair.CreateAsync();
        _directory.Register(Entries.For(new FakeLink { Open = pair.Edge.OpenStream }));

        for (var i = 0; i < 2; i++)
        {
            Assert.That((await _ingress.OpenAsync(Agent(), Tunnel)).Stream, Is.Not.Null);
        }

        Assert.That((await _ingress.OpenAsync(Agent(), Tunnel)).Refusal, Is.EqualTo(TunnelCode.StreamLimit));
        Assert.That(reading.Sum("mcptunnel.edge.streams.opened", "tls"), Is.EqualTo(2));
    }

    [Test]
    public async Task OpenAsync_node_that_leaves_takes_no_stream()
    {
        _directory.Register(Entries.For(new FakeLink()));
        _node.BeginDrain();

        Assert.That((await _ingress.OpenAsync(Agent(), Tunnel)).Refusal, Is.EqualTo(TunnelCode.EdgeDraining));
    }

    [TestCase("acme", true)]
    [TestCase("other", false)]
    public void FindTunnel_only_one_that_is_registered(string label, bool found) =>
        Assert.That(_ingress.FindTunnel(label) is not null, Is.EqualTo(found));

    [Test]
    public void FindTunnel_archived_is_not_found()
    {
        var ingress = new TunnelIngress(
            new OneTunnel(Tunnel with { State = TunnelState.Archived }), _directory, _node, _metrics, TimeProvider.System, NullLogger<TunnelIngress>.Instance);

        Assert.That(ingress.FindTunnel("acme"), Is.Null);
    }

    private static AgentConnection Agent() => new(
        "cn_test", new IPEndPoint(IPAddress.Parse("192.0.2.7"), 4711), new IPEndPoint(IPAddress.Loopback, 443), "docs.acme.tunnel.test", Hello);
}
