using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace McpTunnel.Client.Calls;

/// <summary>
/// A connection that no call was accepted on yet: it is closed, gracefully, when its first one does not come in time. Whoever
/// is not let in would otherwise hold a stream of the tunnel for as long as a good agent's idle connection. Thread-safe.
/// </summary>
internal sealed class Newcomer : IDisposable
{
    private readonly IConnectionLifetimeNotificationFeature? _lifetime;
    private readonly ITimer _timer;

    private Newcomer(ConnectionContext connection, TimeSpan patience, TimeProvider time)
    {
        _lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        _timer = time.CreateTimer(static self => ((Newcomer)self!)._lifetime?.RequestClose(), this, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For Kestrel's connections, TLS ended: <paramref name="patience"/> for the first accepted call of each.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Watch(TimeSpan patience, TimeProvider time) => next => async connection =>
    {
        using var newcomer = new Newcomer(connection, patience, time);
        connection.Features.Set(newcomer);
        await next(connection);
    };

    /// <summary>A call was accepted: from now on the connection is a good agent's.</summary>
    public void Accept() => _timer.Dispose();

    public void Dispose() => _timer.Dispose();
}
