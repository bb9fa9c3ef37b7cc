namespace McpTunnel.Transport.Reconnecting;

/// <summary>
/// Waiting times between attempts: uniformly random between 0 and an exponentially rising ceiling, so that clients that lost the same edge do not
/// come back at the same moment. Not thread-safe.
/// </summary>
/// <param name="first">The first ceiling.</param>
/// <param name="cap">The highest ceiling.</param>
/// <param name="random">A number in [0, 1).</param>
public sealed class FullJitterBackoff(TimeSpan first, TimeSpan cap, Func<double> random)
{
    private TimeSpan? _ceiling;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Next()
    {
        var ceiling = _ceiling ?? first;
        _ceiling = ceiling < cap / 2 ? ceiling * 2 : cap;
        return ceiling * random();
    }

    /// <summary>Starts over; to be called only after a time of stability.</summary>
    public void Reset() => _ceiling = null;
}
