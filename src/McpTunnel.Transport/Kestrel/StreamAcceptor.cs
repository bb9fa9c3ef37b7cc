using System.Threading.Channels;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Kestrel;

/// <summary>Takes a link's streams, reads the preamble of each, and queues them as connections. One bad stream harms no other.</summary>
/// <param name="serves">Whether the name in an agent's TLS handshake is served here.</param>
/// <param name="seats">How many connections all links together may have.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where events 1001 to 1009 go.</param>
internal sealed class StreamAcceptor(Func<string, bool> serves, ConnectionSeats seats, TimeProvider time, ILogger logger)
{
    /// <summary>The preamble comes with a stream's first bytes; an edge that takes longer is broken.</summary>
    private static readonly TimeSpan PreambleTimeout = TimeSpan.FromSeconds(10);

    public async Task RunAsync(ILink link, ChannelWriter<ConnectionContext> connections)
    {
        while (await link.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            if (!seats.TryTake(stream, out var seat, out var first))
            {
                Refuse(stream, seats.Limits.Connections, "agents' connections");
                continue;
            }

            if (first is not null)
            {
                Refuse(first, seats.Limits.Pending, "agents' connections without a call that was let in");
            }

            _ = HandOverAsync(stream, seat, connections);
        }
    }

    /// <summary>Reset without a word: an alert would stay here until the edge has read it.</summary>
    private void Refuse(ILinkStream stream, int limit, string what)
    {
        const TunnelCode code = TunnelCode.StreamLimit;
        TransportMetrics.StreamRefused(code);
        TransportLog.TooManyConnections(logger, stream.Link.Identity.LinkId, stream.Id, code.WireName(), limit, what);
        stream.Abort();
    }

    private async Task HandOverAsync(ILinkStream stream, ConnectionSeats.Seat seat, ChannelWriter<ConnectionContext> connections)
    {
        try
        {
            if (await ReadPreambleAsync(stream) is { } header)
            {
                if (!serves(header.Authority!))
                {
                    await RefuseNameAsync(stream, header);
                }
                else if (connections.TryWrite(new LinkConnectionContext(stream, header, seat, time)))
                {
                    TransportMetrics.StreamsAccepted.Add(1);
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            TransportLog.StreamLost(logger, stream.Link.Identity.LinkId, stream.Id, e.Message);
        }

        await stream.DisposeAsync();
        seat.GiveBack();
    }

    /// <summary>Answered before TLS begins, since the TLS library would close without a word: the agent's own library then names the reason.</summary>
    private async ValueTask RefuseNameAsync(ILinkStream stream, ProxyHeader header)
    {
        const TunnelCode code = TunnelCode.UnknownName;
        TransportMetrics.StreamRefused(code);
        TransportLog.NameUnknown(logger, stream.Link.Identity.LinkId, stream.Id, header.UniqueId ?? "", header.Authority!, header.Source, code.WireName());
        await stream.Output.WriteAsync(TlsAlert.For(code));
        await stream.Output.CompleteAsync();
    }

    /// <summary>The preamble, taken off the stream; null when it is not one.</summary>
    private async ValueTask<ProxyHeader?> ReadPreambleAsync(ILinkStream stream)
    {
        CancellationTokenSource? limit = null;
        try
        {
            while (true)
            {
                // Nearly always the first read has it all, and no timer is made.
                if (!stream.Input.TryRead(out var result))
                {
                    limit ??= new CancellationTokenSource(PreambleTimeout, time);
                    result = await stream.Input.ReadAsync(limit.Token);
                }

                var status = ProxyHeaderReader.TryRead(result.Buffer, out var header, out var length);
                if (status == ProxyHeaderStatus.Complete && header is { IsLocal: false, Authority: not null })
                {
                    stream.Input.AdvanceTo(result.Buffer.GetPosition(length));
                    return header;
                }

                stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                if (status != ProxyHeaderStatus.NeedMore || result.IsCompleted)
                {
                    TransportMetrics.StreamRefused(TunnelCode.ProxyHeaderMalformed);
                    TransportLog.PreambleMalformed(logger, stream.Link.Identity.LinkId, stream.Id, status);
                    return null;
                }
            }
        }
        finally
        {
            limit?.Dispose();
        }
    }
}
