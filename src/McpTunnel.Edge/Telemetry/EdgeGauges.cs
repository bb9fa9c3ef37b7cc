using System.Diagnostics.Metrics;
using McpTunnel.Certificates.Live;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Telemetry;

/// <summary>What is asked for at a scrape instead of being counted on the way.</summary>
internal static class EdgeGauges
{
    public static void Register(
        EdgeMetrics metrics, EdgeNode node, AdmissionControl admission, RelayTable relays, LinkDirectory directory, QuicIngress quic, QuicAdmission quicAdmission,
        CertificateSource certificate, TimeProvider time)
    {
        var meter = metrics.Meter;
        var versions = new ClientVersions();
        meter.CreateObservableGauge("mcptunnel.edge.draining", () => node.IsLeaving ? 1L : 0L, "{node}", "1 while this node leaves.");
        meter.CreateObservableGauge(
            "mcptunnel.edge.certificate.remaining", () => (certificate.Status.Served.NotAfter - time.GetUtcNow()).TotalSeconds, "s", "Time until the certificate of the edge's own names ends.");
        meter.CreateObservableUpDownCounter(
            "mcptunnel.edge.connections.pending", () => (long)admission.Pending.Count, "{connection}", "Connections that have not named their server yet.");
        meter.CreateObservableUpDownCounter("mcptunnel.edge.quic.listeners", () => (long)quic.EndPoints.Count, "{address}", "UDP addresses that links over QUIC are taken on.");
        meter.CreateObservableUpDownCounter(
            "mcptunnel.edge.quic.connections", () => Quic(quicAdmission), "{connection}", "QUIC connections, by whether their handshake is over.");
        meter.CreateObservableUpDownCounter("mcptunnel.edge.sources", () => (long)admission.Sources, "{source}", "Sources whose use is remembered.");
        meter.CreateObservableUpDownCounter("mcptunnel.edge.streams", () => (long)relays.Count, "{stream}", "Agent connections being relayed.");
        meter.CreateObservableCounter("mcptunnel.edge.bytes", () => Bytes(relays), "By", "Bytes relayed, by direction.");
        meter.CreateObservableUpDownCounter("mcptunnel.edge.links", () => Links(directory), "{link}", "Links held, by state and carrier.");
        meter.CreateObservableUpDownCounter(
            "mcptunnel.edge.links.software", () => Software(versions, directory), "{link}", "Links held, by the version of the client's software.");
    }

    private static IEnumerable<Measurement<long>> Bytes(RelayTable relays)
    {
        var (toClient, toAgent) = relays.Bytes;
        yield return new Measurement<long>(toClient, new KeyValuePair<string, object?>("direction", "to_client"));
        yield return new Measurement<long>(toAgent, new KeyValuePair<string, object?>("direction", "to_agent"));
    }

    private static IEnumerable<Measurement<long>> Quic(QuicAdmission admission)
    {
        var pending = admission.Pending;
        yield return new Measurement<long>(pending, new KeyValuePair<string, object?>("state", "pending"));
        yield return new Measurement<long>(Math.Max(0, admission.Connections - pending), new KeyValuePair<string, object?>("state", "connected"));
    }

    private static IEnumerable<Measurement<long>> Software(ClientVersions versions, LinkDirectory directory) =>
        versions.Count(directory.Snapshot().Select(entry => entry.Software))
            .Select(count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>("software", count.Key)));

    private static IEnumerable<Measurement<long>> Links(LinkDirectory directory)
    {
        var links = directory.Snapshot();
        foreach (var state in Enum.GetValues<LinkState>().Where(state => state != LinkState.Closed))
        {
            foreach (var carrier in Enum.GetValues<Carrier>())
            {
                yield return new Measurement<long>(
                    links.Count(entry => entry.Link.State == state && entry.Link.Carrier == carrier),
                    new KeyValuePair<string, object?>("state", WireNames.Of(state)),
                    new KeyValuePair<string, object?>("carrier", WireNames.Of(carrier)));
            }
        }
    }
}
