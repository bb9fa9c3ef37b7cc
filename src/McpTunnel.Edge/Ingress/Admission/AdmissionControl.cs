using System.Net;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// Everything that limits what strangers can use before, and after, they have named a server: checked cheapest first, so that
/// a refusal costs less than what it saves. Thread-safe.
/// </summary>
internal sealed class AdmissionControl
{
    private readonly Quota _pending;
    private readonly SourceTable _sources;

    public AdmissionControl(AdmissionLimits limits, TimeProvider time)
    {
        Limits = limits;
        _pending = new Quota(limits.Pending);
        _sources = new SourceTable(limits.Source, time);
        HelloMemory = new Quota(limits.HelloMemory);
        HelloDeadlines = new DeadlineQueue(limits.HelloTimeout, time);
        LingerDeadlines = new DeadlineQueue(AdmissionLimits.LingerTimeout, time);
    }

    public AdmissionLimits Limits { get; }

    /// <summary>Bytes of unfinished ClientHellos beyond the first block of each connection.</summary>
    public Quota HelloMemory { get; }

    public DeadlineQueue HelloDeadlines { get; }

    public DeadlineQueue LingerDeadlines { get; }

    public long Pending => _pending.Used;

    public int Sources => _sources.Count;

    /// <summary>Admits a new connection as pending, or says why not.</summary>
    public TunnelCode? TryAdmit(IPAddress address, out Source? source)
    {
        source = null;
        if (!_pending.TryTake(1))
        {
            return TunnelCode.EdgeOverloaded;
        }

        var refusal = _sources.TryAdmit(SourceKey.Of(address), out source);
        if (refusal is not null)
        {
            _pending.Return(1);
        }

        return refusal;
    }

    public void ReleasePending(Source source)
    {
        _pending.Return(1);
        _sources.ReleasePending(source);
    }

    public bool TryAddStream(Source source) => _sources.TryAddStream(source);

    public void ReleaseStream(Source source) => _sources.ReleaseStream(source);

    public void Sweep()
    {
        HelloDeadlines.Sweep();
        LingerDeadlines.Sweep();
    }
}
