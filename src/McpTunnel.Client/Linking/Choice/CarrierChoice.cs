using McpTunnel.Transport;

namespace McpTunnel.Client.Linking.Choice;

/// <summary>
/// Which carrier links run on: a ladder of rungs, best first, and a place on it.
/// <code>
///   down   a lower rung works and the current one did not       (never because everything is down)
///   down   links of the current rung carry next to nothing      (the rung is held for a while; the lower one works already)
///   up     a probe of a higher rung works                       (after 30 s, then less often, at least every 5 min)
/// </code>
/// Decides only: what is dialled and measured is told to it. Thread-safe.
/// </summary>
public sealed class CarrierChoice
{
    private readonly CarrierChoiceOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Rung[] _rungs;
    private readonly long _began;
    private int _current;
    private string _reason;
    private DateTimeOffset _since;
    private TimeSpan _stepped;
    private TimeSpan _nextProbe;
    private TimeSpan _probeWait;

    /// <param name="options">The rungs.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">There is no rung, or one twice.</exception>
    public CarrierChoice(CarrierChoiceOptions options, TimeProvider time)
    {
        if (options.Rungs.Count == 0 || options.Rungs.Distinct().Count() != options.Rungs.Count)
        {
            throw new ArgumentException("A ladder has one rung or more, each once.", nameof(options));
        }

        _options = options;
        _time = time;
        _rungs = [.. options.Rungs.Select(carrier => new Rung(carrier))];
        _current = options.LastGood is { } last ? Math.Max(0, IndexOf(last)) : 0;
        _reason = _rungs.Length == 1 ? "the only one allowed here" : _current > 0 ? "worked when this client last ran" : $"the first choice of {string.Join(", ", _rungs.Select(rung => rung.Carrier.WireName()))}";
        _since = time.GetUtcNow();
        _began = time.GetTimestamp();
        if (_current > 0)
        {
            ScheduleProbe();
        }
    }

    /// <summary>The rung that new links try first.</summary>
    public Carrier Current
    {
        get
        {
            lock (_lock)
            {
                return _rungs[_current].Carrier;
            }
        }
    }

    public CarrierReport Report
    {
        get
        {
            lock (_lock)
            {
                return new CarrierReport(
                    _rungs[_current].Carrier.WireName(), _reason, _since, _current == 0 ? null : Date(_nextProbe),
                    [.. _rungs.Select(rung => new CarrierRung(rung.Carrier.WireName(), rung.LastWorked, rung.Problem, IsHeld(rung) ? Date(rung.HeldUntil) : null))]);
            }
        }
    }

    /// <summary>Every rung in the order in which one dial tries them: the current one, those below, those above, and those on hold at the very last.</summary>
    public IReadOnlyList<Carrier> Plan()
    {
        lock (_lock)
        {
            return [.. _rungs.Index()
                .OrderBy(rung => IsHeld(rung.Item) && rung.Index != _current)
                .ThenBy(rung => rung.Index < _current)
                .ThenBy(rung => rung.Index)
                .Select(rung => rung.Item.Carrier)];
        }
    }

    /// <summary>Whether links on <paramref name="carrier"/> should move to the current rung: it is a worse one, or on hold.</summary>
    public bool IsToBeLeft(Carrier carrier)
    {
        lock (_lock)
        {
            var index = IndexOf(carrier);
            return index > _current || (index >= 0 && index != _current && IsHeld(_rungs[index]));
        }
    }

    /// <summary>The rungs below <paramref name="carrier"/>, best first; empty unless it is the current one.</summary>
    public IReadOnlyList<Carrier> RungsBelow(Carrier carrier)
    {
        lock (_lock)
        {
            return IndexOf(carrier) == _current ? [.. _rungs.Skip(_current + 1).Select(rung => rung.Carrier)] : [];
        }
    }

    /// <summary>A link came up on this carrier, or the edge itself answered over it.</summary>
    public void Worked(Carrier carrier)
    {
        lock (_lock)
        {
            var index = IndexOf(carrier);
            var failed = _rungs[_current];
            var isHeld = IsHeld(_rungs[index]);
            _rungs[index].LastWorked = _time.GetUtcNow();
            _rungs[index].Problem = isHeld ? _rungs[index].Problem : null;

            // That a held rung comes up was never in doubt: a dial that was on its way when it collapsed says nothing. It counts where nothing else works.
            if (index < _current && (!isHeld || failed.Problem is not null))
            {
                Step(index, $"{carrier.WireName()} works again");
            }
            else if (index > _current && failed.Problem is { } problem)
            {
                Step(index, $"{failed.Carrier.WireName()} did not come up: {problem}");
            }
        }
    }

    /// <summary>No link came up on this carrier.</summary>
    /// <param name="carrier">Which.</param>
    /// <param name="problem">For a person.</param>
    public void Failed(Carrier carrier, string problem)
    {
        lock (_lock)
        {
            _rungs[IndexOf(carrier)].Problem = problem;
        }
    }

    /// <summary>
    /// Links of this carrier are up and carry next to nothing. True when the rung is held for it; the choice may be below it already, since a lower one came up where a dial on this one had failed.
    /// </summary>
    /// <param name="carrier">Which.</param>
    /// <param name="problem">What was measured, for a person.</param>
    public bool Collapsed(Carrier carrier, string problem)
    {
        lock (_lock)
        {
            var index = IndexOf(carrier);
            if (index > _current || index == _rungs.Length - 1)
            {
                return false;
            }

            var rung = _rungs[index];
            var again = rung.Hold > TimeSpan.Zero && Now - rung.HeldUntil < _options.LongestHold;
            rung.Problem = problem;
            rung.Hold = again ? Durations.Shorter(rung.Hold * 2, _options.LongestHold) : _options.FirstHold;
            rung.HeldUntil = Now + rung.Hold;
            Step(Math.Max(_current, index + 1), $"{carrier.WireName()} collapsed: {problem}");
            return true;
        }
    }

    /// <summary>The better rungs to try now, best first; empty while no probe is due. Asking takes the probe: the next one is later.</summary>
    public IReadOnlyList<Carrier> TakeProbe()
    {
        lock (_lock)
        {
            if (_current == 0 || Now < _nextProbe)
            {
                return [];
            }

            ScheduleProbe();
            return [.. _rungs.Take(_current).Where(rung => !IsHeld(rung)).Select(rung => rung.Carrier)];
        }
    }

    private int IndexOf(Carrier carrier) => Array.FindIndex(_rungs, rung => rung.Carrier == carrier);

    private bool IsHeld(Rung rung) => rung.HeldUntil > Now;

    /// <summary>Since this object was made: waits do not follow a clock that is set.</summary>
    private TimeSpan Now => _time.GetElapsedTime(_began);

    private DateTimeOffset Date(TimeSpan at) => _time.GetUtcNow() + (at - Now);

    /// <summary>Probes begin anew when the rung had held for a while; one that works for a moment each time is not tried as often as one that was good all day.</summary>
    private void Step(int index, string reason)
    {
        _probeWait = index > _current && Now - _stepped >= _options.ProbeEvery ? TimeSpan.Zero : _probeWait;
        _current = index;
        _reason = reason;
        _since = _time.GetUtcNow();
        _stepped = Now;
        ScheduleProbe();
    }

    private void ScheduleProbe()
    {
        _probeWait = _probeWait == TimeSpan.Zero ? Durations.Shorter(_options.FirstProbe, _options.ProbeEvery) : Durations.Shorter(_probeWait * 2, _options.ProbeEvery);
        _nextProbe = Now + _probeWait;
    }

    private sealed class Rung(Carrier carrier)
    {
        public Carrier Carrier { get; } = carrier;

        public DateTimeOffset? LastWorked { get; set; }

        public string? Problem { get; set; }

        public TimeSpan Hold { get; set; }

        public TimeSpan HeldUntil { get; set; }
    }
}
