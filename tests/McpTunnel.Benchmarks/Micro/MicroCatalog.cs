using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport;
using McpTunnel.Transport.Links;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>The small operations that happen for every frame, every connection or every call.</summary>
internal static class MicroCatalog
{
    private const string ServerName = "docs.acme.tunnel.example.com";
    private const int SmallFrame = 600;
    private const int FullFrame = YamuxLimits.MaxDataPayload;

    // As much as a link gathers into one write.
    private const int FullMessage = 64 * 1024;

    public static IEnumerable<(string Name, Action<int> Batch)> All() =>
    [
        ("yamux header, write and read", HeaderThereAndBack()),
        ($"yamux frame of {SmallFrame} B through two sessions, copies included", Frames(SmallFrame)),
        ($"yamux frame of {FullFrame} B through two sessions, copies included", Frames(FullFrame)),
        ($"websocket message of {SmallFrame} B, edge to client", WebSocket(SmallFrame, fromClient: false)),
        ($"websocket message of {SmallFrame} B, client to edge, masked", WebSocket(SmallFrame, fromClient: true)),
        ($"websocket message of {FullMessage} B, edge to client", WebSocket(FullMessage, fromClient: false)),
        ($"websocket message of {FullMessage} B, client to edge, masked", WebSocket(FullMessage, fromClient: true)),
        ("ClientHello, read in one piece", ClientHello()),
        ("PROXY v2 preamble, write", WritePreamble()),
        ("PROXY v2 preamble, read", ReadPreamble()),
        ("control message, write and read", ControlThereAndBack()),
        ("token cache, key of a token and hit", TokenCacheHit()),
        ("first byte of a stream, into a histogram that is read", StreamAnswered()),
        ("stall of a stream, its beginning and its end", Stall()),
    ];

    private static Action<int> HeaderThereAndBack()
    {
        var bytes = new byte[YamuxHeader.Size];
        return Repeat(() =>
        {
            new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, 3, SmallFrame).Write(bytes);
            _ = YamuxHeader.Read(bytes, out _);
        });
    }

    private static Action<int> Frames(int payload)
    {
        var pair = new YamuxPair();
        return Repeat(() => pair.Pass(payload));
    }

    private static Action<int> WebSocket(int payload, bool fromClient)
    {
        var loop = new WebSocketLoop(payload, fromClient);
        return Repeat(loop.Pass);
    }

    private static Action<int> ClientHello()
    {
        var hello = SampleClientHello.Create(ServerName);
        return Repeat(() =>
        {
            if (new ClientHelloReader().TryRead(hello, out _) != ClientHelloStatus.Complete)
            {
                throw new InvalidOperationException("The sample hello was not understood.");
            }
        });
    }

    private static Action<int> WritePreamble()
    {
        var header = Preamble();
        var bytes = new byte[ProxyHeaderWriter.MaxLength];
        return Repeat(() => ProxyHeaderWriter.Write(header, bytes));
    }

    private static Action<int> ReadPreamble()
    {
        var bytes = new byte[ProxyHeaderWriter.MaxLength];
        var length = ProxyHeaderWriter.Write(Preamble(), bytes);
        return Repeat(() => ProxyHeaderReader.TryRead(bytes.AsSpan(0, length), out _, out _));
    }

    private static Action<int> ControlThereAndBack() => Repeat(static () => ControlParser.Parse(ControlWriter.ToLine(new PingMessage(7)).AsSpan()[..^1]));

    private static Action<int> TokenCacheHit()
    {
        // Of the length of an access token with a few claims; what is in it does not matter to a cache.
        var token = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('t', 600)));
        var cache = new TokenCache(TimeProvider.System);
        cache.Add(TokenKey.Of(token), 1, Caller.Anonymous);

        // Judgements are forgotten after a minute; a whole measurement takes a few seconds.
        return Repeat(() =>
        {
            if (!cache.TryGet(TokenKey.Of(token), 1, out _))
            {
                throw new InvalidOperationException("The token was not in the cache.");
            }
        });
    }

    private static Action<int> StreamAnswered()
    {
        // Both live as long as the process: the reader is what makes the instrument work.
        var metrics = new EdgeMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        _ = Sdk.CreateMeterProviderBuilder().AddMeter(EdgeMetrics.MeterName).AddReader(new SilentReader()).Build();
        return Repeat(() => metrics.StreamAnswered(Carrier.Tls, TimeSpan.FromMilliseconds(3)));
    }

    private static Action<int> Stall()
    {
        var clock = new StallClock(TimeProvider.System);
        return Repeat(() =>
        {
            clock.Begin();
            clock.End();
        });
    }

    private static ProxyHeader Preamble() => new()
    {
        Source = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 40000),
        Destination = new IPEndPoint(IPAddress.Parse("198.51.100.1"), 443),
        Authority = ServerName,
        UniqueId = "c-0123456789abcdef",
        EdgeNode = "edge-1",
    };

    private static Action<int> Repeat(Action once) => count =>
    {
        for (var i = 0; i < count; i++)
        {
            once();
        }
    };
}
