using System.Net;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// Everything that limits what strangers can use before, and after, they have named a server: checked cheapest first, so that
/// a refusal costs less than what it saves. Thread-safe.
/// </summary>
internal sealed class AdmissionControl
{
    private readonly SourceTable _sources;
    private readonly SourceTable _networks;

    public AdmissionControl(AdmissionLimits limits, TimeProvider time)
    {
        Limits = limits;
        Pending = new PendingTable(limits.Pending);
        _sources = new SourceTable(limits.Source, time);
        _networks = new SourceTable(limits.Source.Times(limits.NetworkShare), time);
        HelloMemory = new Quota(limits.HelloMemory);
        HelloDeadlines = new DeadlineQueue(limits.HelloTimeout, time);
        LingerDeadlines = new DeadlineQueue(AdmissionLimits.LingerTimeout, time);
    }

    public AdmissionLimits Limits { get; }

    /// <summary>Bytes of unfinished ClientHellos beyond the first block of each connection.</summary>
    public Quota HelloMemory { get; }

    /// <summary>The connections that are not served yet.</summary>
    public PendingTable Pending { get; }

    public DeadlineQueue HelloDeadlines { get; }

    public DeadlineQueue LingerDeadlines { get; }

    public int Sources => _sources.Count;

    /// <summary>Admits a new connection as pending for its source and network until <see cref="ReleasePending"/>, or says why not.</summary>
    public TunnelCode? TryAdmit(IPAddress address, out Origin origin)
    {
        origin = default;
        var key = SourceKey.Of(address);
        if (_sources.TryAdmit(key, out var source) is { } refusal)
        {
            return refusal;
        }

        if (_networks.TryAdmit(key.Network, out var network) is { } networkRefusal)
        {
            _sources.ReleasePending(source);
            return networkRefusal;
        }

        origin = new Origin(source, network);
        return null;
    }

    public void ReleasePending(Origin origin)
    {
        _sources.ReleasePending(origin.Source);
        _networks.ReleasePending(origin.Network);
    }

    public bool TryAddStream(Origin origin) => _sources.TryAddStream(origin.Source);

    public void ReleaseStream(Origin origin) => _sources.ReleaseStream(origin.Source);

    /// <summary>Counts a connection to the edge's API until <see cref="ReleaseCaller"/>.</summary>
    public bool TryAddCaller(Origin origin)
    {
        if (!_sources.TryAddCaller(origin.Source))
        {
            return false;
        }

        if (_networks.TryAddCaller(origin.Network))
        {
            return true;
        }

        _sources.ReleaseCaller(origin.Source);
        return false;
    }

    public void ReleaseCaller(Origin origin)
    {
        _sources.ReleaseCaller(origin.Source);
        _networks.ReleaseCaller(origin.Network);
    }

    public void Sweep()
    {
        HelloDeadlines.Sweep();
        LingerDeadlines.Sweep();
    }
}
