namespace McpTunnel.Transport.Links;

/// <summary>
/// Adds up the time that streams wait: the sum of ends less the sum of beginnings, where each that still waits ends now. So one timestamp at the beginning and one at the end
/// of a wait are all it costs, and a wait that never ends is seen all the same. Used under its owner's lock.
/// </summary>
internal sealed class StallClock(TimeProvider time)
{
    // Timestamps are added without regard to overflow: what is left in the end is a difference.
    private long _endsLessBeginnings;
    private int _waiting;
    private bool _stopped;

    public LinkStalls Read() => new(time.GetElapsedTime(0, Sum()), _waiting);

    public void Begin()
    {
        if (!_stopped)
        {
            _waiting++;
            _endsLessBeginnings -= time.GetTimestamp();
        }
    }

    public void End()
    {
        if (!_stopped)
        {
            _waiting--;
            _endsLessBeginnings += time.GetTimestamp();
        }
    }

    /// <summary>Nobody waits any more, since the link is gone.</summary>
    public void Stop() => (_endsLessBeginnings, _waiting, _stopped) = (Sum(), 0, true);

    private long Sum() => _waiting == 0 ? _endsLessBeginnings : _endsLessBeginnings + (_waiting * time.GetTimestamp());
}
