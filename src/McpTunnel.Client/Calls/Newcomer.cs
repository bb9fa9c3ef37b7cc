using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace McpTunnel.Client.Calls;

/// <summary>
/// A connection on which there has not been much yet. One on which no call was accepted is closed, gracefully, when its first one does not come in time: whoever
/// is not let in would otherwise hold a stream of the tunnel for as long as a good agent's idle connection. If it still is there when as much time again has passed, since it takes nothing that it is sent, it is cut. And one on which no call has come at all is not asked to end, when its link is left or the
/// client stops, before the first one has: Kestrel would end it without having taken a call, with a GOAWAY in front of everything else in HTTP/2, and agents do not repeat a call on a new connection. Thread-safe.
/// </summary>
internal sealed class Newcomer : IConnectionLifetimeNotificationFeature, IDisposable
{
    private const int Called = 1;
    private const int Asked = 2;

    private readonly IConnectionLifetimeNotificationFeature _lifetime;
    private readonly CancellationTokenSource _closeRequested = new();
    private readonly CancellationTokenRegistration _whenAsked;
    private readonly IAdmissionFeature? _admission;
    private readonly TimeSpan _patience;
    private readonly Action _cut;
    private readonly ITimer _timer;
    private bool _isSentAway;
    private int _seen;

    /// <param name="lifetime">By which the connection is asked to end.</param>
    /// <param name="admission">Where it is said that a call was let in; null where nobody counts.</param>
    /// <param name="patience">Time for the first accepted call, and then as much again for the connection's end.</param>
    /// <param name="cut">Ends the connection at once.</param>
    /// <param name="time">The clock.</param>
    public Newcomer(IConnectionLifetimeNotificationFeature lifetime, IAdmissionFeature? admission, TimeSpan patience, Action cut, TimeProvider time)
    {
        _lifetime = lifetime;
        _admission = admission;
        _patience = patience;
        _cut = cut;
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

        using var newcomer = new Newcomer(
            lifetime,
            connection.Features.Get<IAdmissionFeature>(),
            patience,
            () => connection.Abort(new ConnectionAbortedException("No call was let in on the connection, and it did not end when it was asked to.")),
            time);
        connection.Features.Set(newcomer);
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(newcomer);
        await next(connection);
    };

    public void RequestClose() => _lifetime.RequestClose();

    /// <summary>A call has come. To be said of the first; of others it may be.</summary>
    public void CallBegan() => See(Called);

    /// <summary>A call was accepted: from now on the connection is a good agent's.</summary>
    public void Accept()
    {
        _timer.Dispose();
        _admission?.LetIn();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _whenAsked.Dispose();
    }

    private void SendAway()
    {
        if (_isSentAway)
        {
            _cut();
            return;
        }

        _isSentAway = true;
        See(Called);
        RequestClose();
        _timer.Change(_patience, Timeout.InfiniteTimeSpan);
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
