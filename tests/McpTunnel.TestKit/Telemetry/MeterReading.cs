using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace McpTunnel.TestKit.Telemetry;

/// <summary>What one meter has counted since the reading began; another meter of the same name, in another test, does not disturb it.</summary>
public sealed class MeterReading : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> _latest = new(StringComparer.Ordinal);

    public MeterReading(Meter meter)
        : this(candidate => ReferenceEquals(candidate, meter))
    {
    }

    /// <summary>Reads a meter that the process has once: what tests at the same time do to it is read too.</summary>
    public MeterReading(string meterName)
        : this(candidate => candidate.Name == meterName)
    {
    }

    private MeterReading(Predicate<Meter> isMeant)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (isMeant(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, instrument.IsObservable ? value : 1, tags));
        _listener.Start();
    }

    /// <summary>A counter's sum, or how often a histogram recorded: for one tag value, or for the instrument as a whole.</summary>
    public double Sum(string instrument, string? tagValue = null) => _sums.GetValueOrDefault(Key(instrument, tagValue));

    /// <summary>What an observable instrument says now.</summary>
    public double Observe(string instrument, string? tagValue = null)
    {
        _latest.Clear();
        _listener.RecordObservableInstruments();
        return _latest.GetValueOrDefault(Key(instrument, tagValue));
    }

    public void Dispose() => _listener.Dispose();

    private static string Key(string instrument, string? tagValue) => $"{instrument}|{tagValue}";

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var totals = instrument.IsObservable ? _latest : _sums;
        totals.AddOrUpdate(Key(instrument.Name, null), value, (_, sum) => sum + value);
        foreach (var tag in tags)
        {
            totals.AddOrUpdate(Key(instrument.Name, tag.Value?.ToString()), value, (_, sum) => sum + value);
        }
    }
}
