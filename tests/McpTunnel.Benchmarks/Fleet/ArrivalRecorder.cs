namespace McpTunnel.Benchmarks.Fleet;

/// <summary>Turns looks at a fleet into its <see cref="ArrivalCurve"/>. The clock starts with it.</summary>
/// <param name="state">What the links do at the start.</param>
/// <param name="cpu">CPU seconds of edge and clients at the start.</param>
internal sealed class ArrivalRecorder(FleetState state, (double Edge, double Clients) cpu)
{
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly List<ArrivalSecond> _seconds = [];
    private readonly long _dials = state.Attempts;
    private TimeSpan _last;
    private TimeSpan? _half;
    private FleetState _state = state;
    private (double Edge, double Clients) _cpu = cpu;

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    public void Add(FleetState now, (double Edge, double Clients) used, int links)
    {
        _half ??= 2 * now.Up >= links ? Elapsed : null;
        if (Elapsed - _last >= TimeSpan.FromSeconds(1))
        {
            EndSecond(now, used);
        }
    }

    public ArrivalCurve ToCurve(FleetState now, (double Edge, double Clients) used)
    {
        var all = Elapsed;
        EndSecond(now, used);
        return new ArrivalCurve(_seconds, _half ?? all, all, now.Attempts - _dials, now.Refused);
    }

    private void EndSecond(FleetState now, (double Edge, double Clients) used)
    {
        var length = (Elapsed - _last).TotalSeconds;
        _seconds.Add(new ArrivalSecond(
            _seconds.Count + 1, now.Up - _state.Up, now.Up, now.Attempts - _state.Attempts, (used.Edge - _cpu.Edge) / length, (used.Clients - _cpu.Clients) / length));
        (_last, _state, _cpu) = (Elapsed, now, used);
    }
}
