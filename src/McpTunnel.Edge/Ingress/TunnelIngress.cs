using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.Registry.Tunnels;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// Opens the stream for an agent connection: label → tunnel → links → the one with the fewest streams → preamble and ClientHello in
/// one flush. The only addresses here are those of links that clients brought up: nothing is ever dialled (F23).
/// </summary>
internal sealed class TunnelIngress(
    ITunnelRegistry tunnels, LinkDirectory directory, EdgeNode node, EdgeMetrics metrics, TimeProvider time, ILogger<TunnelIngress> logger)
{
    /// <summary>The tunnel with this label, lower case, that takes agents; null when there is none.</summary>
    public TunnelRecord? FindTunnel(ReadOnlySpan<char> label) =>
        tunnels.FindByLabel(label) is { State: TunnelState.Active } tunnel ? tunnel : null;

    /// <summary>Opens a stream, or says why there is none.</summary>
    public async ValueTask<(TunnelStream? Stream, TunnelCode Refusal)> OpenAsync(AgentConnection agent, TunnelRecord tunnel)
    {
        if (node.IsDraining)
        {
            return (null, TunnelCode.EdgeDraining);
        }

        if (directory.Find(tunnel.Id) is not { } links)
        {
            return (null, TunnelCode.NoLink);
        }

        if (!links.TryAddStream(directory.Limits.StreamsPerTunnel))
        {
            return (null, TunnelCode.StreamLimit);
        }

        var started = time.GetTimestamp();
        var (stream, refusal) = await OpenAsync(agent.Id, links);
        if (stream is not null)
        {
            try
            {
                await SendPreambleAsync(agent, stream);
                metrics.StreamOpened(stream.Link.Carrier, time.GetElapsedTime(started));
                return (new TunnelStream(stream, links, started), default);
            }
            catch (Exception exception)
            {
                // Some of it may have left, so no other link is tried.
                logger.StreamOpenFailed(stream.Link.Identity.LinkId, agent.Id, exception.Message);
                await stream.DisposeAsync();
                refusal = TunnelCode.StreamOpenFailed;
            }
        }

        links.ReleaseStream();
        return (null, refusal);
    }

    /// <summary>Nothing has left yet: a link that refuses is passed over for the next one.</summary>
    private async ValueTask<(ILinkStream? Stream, TunnelCode Refusal)> OpenAsync(string connectionId, LinkSet links)
    {
        List<LinkEntry>? tried = null;
        var refusal = TunnelCode.NoLink;
        while (links.Pick(tried) is { } entry)
        {
            try
            {
                await entry.Link.Welcomed;
                return (entry.Link.OpenStream(), default);
            }
            catch (LinkUnavailableException exception)
            {
                logger.StreamOpenFailed(entry.Identity.LinkId, connectionId, exception.Message);
                refusal = exception.Code;
                (tried ??= []).Add(entry);
            }
        }

        return (null, refusal);
    }

    private async ValueTask SendPreambleAsync(AgentConnection agent, ILinkStream stream)
    {
        WritePreamble(agent, stream);
        var flush = await stream.Output.FlushAsync();
        if (flush.IsCompleted)
        {
            throw new IOException("The stream ended before it began.");
        }
    }

    private void WritePreamble(in AgentConnection agent, ILinkStream stream)
    {
        var header = new ProxyHeader
        {
            Source = agent.Remote,
            Destination = agent.Local,
            Authority = agent.ServerName,
            UniqueId = agent.Id,
            EdgeNode = node.Name,
        };
        var destination = stream.Output.GetSpan(ProxyHeaderWriter.MaxLength + agent.Hello.Length);
        var length = ProxyHeaderWriter.Write(header, destination);
        agent.Hello.Span.CopyTo(destination[length..]);
        stream.Output.Advance(length + agent.Hello.Length);
    }
}
