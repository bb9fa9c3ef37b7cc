using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Client.Calls;

/// <summary>
/// Calls of one HTTP/2 connection that its agent resets before they are answered. Kestrel takes any number of them, as long as each is over before the next comes, and each
/// costs the server behind a call and the log a line: an agent that resets more within a second than it could have in progress twice over is not giving calls up, and its connection ends. Thread-safe.
/// </summary>
/// <param name="limit">Resets within a second that are taken.</param>
/// <param name="time">The clock.</param>
/// <param name="end">Ends the connection; called once.</param>
internal sealed class AgentResets(int limit, TimeProvider time, Action end)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _began;
    private int _count;
    private bool _ended;

    /// <summary>For Kestrel's connections, TLS ended.</summary>
    /// <param name="streams">Calls that a connection may have in progress.</param>
    /// <param name="time">The clock.</param>
    public static Func<ConnectionDelegate, ConnectionDelegate> Watch(int streams, TimeProvider time) => next => connection =>
    {
        connection.Features.Set(new AgentResets(2 * streams, time, () => connection.Abort(new ConnectionAbortedException("The agent opens calls and resets them faster than it may."))));
        return next(connection);
    };

    /// <summary>One more. Whether it is the one that ends the connection.</summary>
    public bool Add()
    {
        lock (_lock)
        {
            if (_count == 0 || time.GetElapsedTime(_began) >= Window)
            {
                (_began, _count) = (time.GetTimestamp(), 0);
            }

            if (++_count <= limit || _ended)
            {
                return false;
            }

            _ended = true;
        }

        end();
        return true;
    }
}
