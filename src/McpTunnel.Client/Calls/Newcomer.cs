using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace McpTunnel.Client.Calls;

/// <summary>
/// A connection on which there has not been much yet. One on which no call was accepted is closed, gracefully, when its first one does not come in time: whoever
/// is not let in would otherwise hold a stream of the tunnel for as long as a good agent's idle connection. And one on which no call has come at all is not asked to end, when its link is left or the
/// client stops, before the first one has: Kestrel would end it without having taken a call, with a GOAWAY in front of everything else in HTTP/2, and agents do not repeat a call on a new connection. Thread-safe.
/// </summary>
internal sealed class Newcomer : IConnectionLifetimeNotificationFeature, IDisposable
{
    private const int Called = 1;
    private const int Asked = 2;

    private readonly IConnectionLifetimeNotificationFeature _lifetime;
    private readonly CancellationTokenSource _closeRequested = new();
    private readonly CancellationTokenRegistration _whenAsked;
    private readonly ITimer _timer;
    private int _seen;

    public Newcomer(IConnectionLifetimeNotificationFeature lifetime, TimeSpan patience, TimeProvider time)
    {
        _lifetime = lifetime;
        ConnectionClosedRequested = _closeRequested.Token;
        _whenAsked = lifetime.ConnectionClosedRequested.UnsafeRegister(static self => ((Newcomer)self!).See(Asked), this);
        _timer = time.CreateTimer(static self => ((Newcomer)self!).SendAway(), this, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What Kestrel's protocols listen to.</summary>
    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>For Kestrel's connections, TLS ended: <paramref name="patience"/> for the first accepted call of each.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Watch(TimeSpan patience, TimeProvider time) => next => async connection =>
    {
        if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is not { } lifetime)
        {
            await next(connection);
            return;
        }

        using var newcomer = new Newcomer(lifetime, patience, time);
        connection.Features.Set(newcomer);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(newcomer);
        await next(connection);
    };

    public void RequestClose() => _lifetime.RequestClose();

    /// <summary>A call has come. To be said of the first; of others it may be.</summary>
    public void CallBegan() => See(Called);

    /// <summary>A call was accepted: from now on the connection is a good agent's.</summary>
    public void Accept() => _timer.Dispose();

    public void Dispose()
    {
        _timer.Dispose();
        _whenAsked.Dispose();
    }

    private void SendAway()
    {
        See(Called);
        RequestClose();
    }

    private void See(int what)
    {
        var before = Interlocked.Or(ref _seen, what);
        if (before != (before | what) && (before | what) == (Called | Asked))
        {
            _closeRequested.Cancel();
        }
    }
}
