using System.Buffers;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Ingress;

/// <summary>What every connection needs, handed over as one.</summary>
internal sealed record IngressServices(
    EdgeNames Names,
    AdmissionControl Admission,
    TunnelIngress Tunnels,
    OwnNameGate OwnNames,
    Neighbour Neighbour,
    RelayTable Relays,
    MemoryPool<byte> Pool,
    EdgeMetrics Metrics,
    TimeProvider Time,
    ILogger<IngressConnection> Logger);
