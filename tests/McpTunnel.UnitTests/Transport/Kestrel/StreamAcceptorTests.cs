using System.Text;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using McpTunnel.UnitTests.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Kestrel;

/// <summary>Which streams of a link become connections, and what becomes of the others.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(30_000)]
public sealed class StreamAcceptorTests
{
    private static readonly TimeSpan PreambleTimeout = TimeSpan.FromSeconds(10);

    private static readonly ProxyHeader Header = ProxyHeaderSamples.Full with { UniqueId = "con_good" };

    private readonly FakeTimeProvider _time = new();
    private LinkPair _pair = null!;
    private IConnectionListener _listener = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        _pair = await LinkPair.CreateAsync();
        var factory = new LinkConnectionListenerFactory(_ => true, _time, NullLoggerFactory.Instance);
        _listener = await factory.BindAsync(new LinkEndPoint());
        factory.Attach(_pair.Client);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _pair.DisposeAsync();
    }

    [Test]
    public async Task Stream_becomes_a_connection_that_knows_its_preamble_and_begins_behind_it(CancellationToken cancellationToken)
    {
        await OpenAsync([.. ProxyHeaderSamples.Write(Header), .. "hello"u8]);

        var connection = (LinkConnectionContext)(await _listener.AcceptAsync(cancellationToken))!;
        var read = await connection.Transport.Input.ReadAsync(cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(connection.ServerName, Is.EqualTo(Header.Authority));
            Assert.That(connection.AgentEndPoint, Is.EqualTo(Header.Source));
            Assert.That(connection.ConnectionId, Is.EqualTo("con_good"));
            Assert.That(Encoding.ASCII.GetString(read.Buffer), Is.EqualTo("hello"));
        });
    }

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return Case("no preamble", [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x03]);
        yield return Case("no server name", ProxyHeaderSamples.Write(Header with { Authority = null }));
        yield return Case("LOCAL", ProxyHeaderSamples.Write(new ProxyHeader { IsLocal = true, Authority = Header.Authority }));
        yield return Case("unknown command", ProxyHeaderSamples.Raw(0x22, 0x00, []));
        yield return Case("TLV beyond the end", ProxyHeaderSamples.Raw(0x21, 0x00, [0x02, 0x00, 0x09, (byte)'a']));

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(bytes).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Bad))]
    public async Task Stream_with_a_bad_preamble_is_reset_and_the_next_one_is_served(byte[] preamble, CancellationToken cancellationToken)
    {
        var bad = await OpenAsync([.. preamble, .. "hello"u8]);

        await ExpectResetAsync(bad, cancellationToken);
        await OpenAsync(ProxyHeaderSamples.Write(Header));
        Assert.That((await _listener.AcceptAsync(cancellationToken))!.ConnectionId, Is.EqualTo("con_good"), "the first connection there is");
    }

    [Test]
    public async Task Stream_that_ends_within_its_preamble_is_let_go(CancellationToken cancellationToken)
    {
        var cut = await OpenAsync(ProxyHeaderSamples.Write(Header)[..^1]);

        await cut.Output.CompleteAsync();

        await ExpectResetAsync(cut, cancellationToken);
    }

    [Test]
    public async Task Stream_that_stalls_within_its_preamble_holds_up_no_other_and_is_reset_at_the_deadline(CancellationToken cancellationToken)
    {
        var stalled = await OpenAsync(ProxyHeaderSamples.Write(Header)[..^1]);

        // Taken after the stalled one, whose time runs by then.
        await OpenAsync(ProxyHeaderSamples.Write(Header));
        await _listener.AcceptAsync(cancellationToken);
        _time.Advance(PreambleTimeout - TimeSpan.FromTicks(1));
        Assert.That(stalled.Closed.IsCancellationRequested, Is.False);

        _time.Advance(TimeSpan.FromTicks(1));

        await ExpectResetAsync(stalled, cancellationToken);
    }

    /// <summary>Opens a stream at the edge whose first bytes come in one piece.</summary>
    private async Task<ILinkStream> OpenAsync(byte[] bytes)
    {
        var stream = _pair.Edge.OpenStream();
        await stream.Output.WriteAsync(bytes);
        return stream;
    }

    private static async Task ExpectResetAsync(ILinkStream stream, CancellationToken cancellationToken) =>
        await Assert.ThatAsync(async () => await stream.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
}
