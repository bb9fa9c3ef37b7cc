using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using McpTunnel.Edge.Telemetry;

namespace McpTunnel.Benchmarks.Components;

/// <summary>Counts what became of connections and of links at an edge of this process, as its metrics say.</summary>
internal sealed class OutcomeCounter : IDisposable
{
    private const string Tag = "outcome";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public OutcomeCounter()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == EdgeMetrics.MeterName && instrument is Counter<long>)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Count);
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Pairs of a name and a number, all separated by blanks; names are those of the instruments without what they begin with.</summary>
    public override string ToString() => string.Join(' ', _counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"));

    private void Count(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == Tag)
            {
                var name = $"{instrument.Name["mcptunnel.edge.".Length..]}:{tag.Value}";
                _counts.AddOrUpdate(name, value, (_, count) => count + value);
            }
        }
    }
}
