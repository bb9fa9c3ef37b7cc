using McpTunnel.Transport;

namespace McpTunnel.Client.Proxying;

/// <summary>
/// Keeps credentials that a proxy did not accept from being shown to it again and again: a directory locks an account after a few wrong logins, and a client with several links would get there within
/// seconds. Other credentials are let through at once. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RefusedLogin(TimeProvider time)
{
    /// <summary>How long they are held back at first; each refusal makes it four times as long. Directories count five wrong logins or so within a quarter of an hour.</summary>
    private static readonly TimeSpan FirstHold = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private string? _login;
    private string _problem = "";
    private TimeSpan _hold;
    private long _since;

    /// <summary>Notes that the proxy did not accept <paramref name="login"/>.</summary>
    /// <param name="login">Tells credentials apart; nothing can be read from it.</param>
    /// <param name="problem">What happened, and what to do.</param>
    public void Note(string login, string problem)
    {
        lock (_lock)
        {
            if (login == _login && IsHeld)
            {
                // Shown by several links at the same moment.
                return;
            }

            _hold = login == _login ? Durations.Shorter(_hold * 4, LongestHold) : FirstHold;
            (_login, _problem, _since) = (login, problem, time.GetTimestamp());
        }
    }

    /// <exception cref="LinkConnectException"><paramref name="login"/> is held back; the message is the one of the refusal, and says until when.</exception>
    public void ThrowIfHeld(string login)
    {
        lock (_lock)
        {
            if (login == _login && IsHeld)
            {
                var rest = Math.Ceiling((_hold - time.GetElapsedTime(_since)).TotalSeconds);
                throw new LinkConnectException($"{_problem} So that the account is not locked, the same credentials are shown again in {rest} s; changed ones are used at the next dial.") { Fault = LinkConnectFault.ProxyAuthentication };
            }
        }
    }

    private bool IsHeld => time.GetElapsedTime(_since) < _hold;
}
