using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Links;

/// <summary>
/// Watches over one end of a link: asks after silence, ends the link after more of it, or when one write makes no headway. Runs on
/// one timer that is armed for the next moment something can be due. Goes on while the link drains.
/// </summary>
internal sealed class LinkLiveness : IDisposable
{
    /// <summary>The timer is never armed for less, whatever the options say.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    private const string SmallPacketsPass =
        " Yet the other host acknowledged what was sent to it, so small packets pass: either its process stands still, or packets of full size are lost on the way (MTU).";

    private readonly ILinkConnection _connection;
    private readonly ControlChannel _control;
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private long _pingId;
    private long _pingSent;
    private long _answered;
    private long _owedSince;
    private long _answers;
    private long _roundTripTicks = -1;

    public LinkLiveness(ILinkConnection connection, ControlChannel control, LinkOptions options)
    {
        _connection = connection;
        _control = control;
        _options = options;
        _time = connection.Time;
        _timer = _time.CreateTimer(static state => ((LinkLiveness)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeSpan? RoundTripTime
    {
        get
        {
            var ticks = Interlocked.Read(ref _roundTripTicks);
            return ticks < 0 ? null : TimeSpan.FromTicks(ticks);
        }
    }

    /// <summary>Round trips measured so far.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    /// <summary>How long ago the oldest ping was sent that has no answer yet; null when the last one has.</summary>
    public TimeSpan? Unanswered
    {
        get
        {
            lock (_lock)
            {
                return _pingId == _answered ? null : _time.GetElapsedTime(_owedSince);
            }
        }
    }

    public void Start() => Check();

    /// <summary>The round trip, when this answers a question that had no answer yet: a peer cannot make itself measured more often than it is asked.</summary>
    public TimeSpan? OnPong(long id)
    {
        lock (_lock)
        {
            if (id <= _answered || id > _pingId)
            {
                return null;
            }

            // An answer that comes after the next question was for the oldest one.
            var roundTrip = _time.GetElapsedTime(id == _pingId ? _pingSent : _owedSince);
            Interlocked.Exchange(ref _roundTripTicks, roundTrip.Ticks);
            _owedSince = _pingSent;
            _answered = id;
            _answers++;
            return roundTrip;
        }
    }

    /// <summary>Asks now, unless an answer is owed.</summary>
    public void Measure()
    {
        if (Unanswered is null)
        {
            Ask();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var silent = _time.GetElapsedTime(_connection.LastReceived);
        var stuck = _connection.WriteStarted is not 0 and var started ? _time.GetElapsedTime(started) : TimeSpan.Zero;
        if (silent >= _options.DeadAfter || stuck >= _options.DeadAfter)
        {
            Dispose();
            _connection.Abort(new LinkClosure(
                TunnelCode.PeerDead,
                silent >= _options.DeadAfter ? $"Nothing received for {silent.TotalSeconds:0.0} s.{(_connection.HostAnswers ? SmallPacketsPass : "")}" : $"The peer took nothing for {stuck.TotalSeconds:0.0} s.",
                ByPeer: false));
            return;
        }

        _connection.SweepLingering(_options.LingerTimeout);
        var sincePing = _pingId == 0 ? TimeSpan.MaxValue : _time.GetElapsedTime(Interlocked.Read(ref _pingSent));
        if ((silent >= _options.PingAfter && sincePing >= _options.PingAfter) || sincePing >= _options.MeasureEvery)
        {
            Ask();
            sincePing = TimeSpan.Zero;
        }

        var next = Min(_options.DeadAfter - (silent > stuck ? silent : stuck), _options.MeasureEvery - sincePing);
        next = Min(next, silent < _options.PingAfter ? _options.PingAfter - silent : _options.PingAfter - sincePing);
        try
        {
            _timer.Change(next > Shortest ? next : Shortest, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The link ended meanwhile.
        }
    }

    private void Ask()
    {
        long id;
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _owedSince = _pingId == _answered ? now : _owedSince;
            _pingSent = now;
            id = ++_pingId;
        }

        _ = AskAsync(id);
    }

    private async Task AskAsync(long id)
    {
        try
        {
            await _control.SendAsync(new PingMessage(id), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The link is gone, and its closure says why.
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
