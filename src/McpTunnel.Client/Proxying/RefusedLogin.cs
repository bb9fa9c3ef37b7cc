using McpTunnel.Transport;

namespace McpTunnel.Client.Proxying;

/// <summary>
/// Keeps credentials that a proxy did not accept from being shown to it again and again: a directory locks an account after a few wrong logins, and a client with several links would get there within
/// seconds. So they are shown by one dial at a time, and held back once they were refused. Other credentials are let through at once. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RefusedLogin(TimeProvider time)
{
    /// <summary>How long they are held back at first; each refusal makes it four times as long. Directories count five wrong logins or so within a quarter of an hour.</summary>
    private static readonly TimeSpan FirstHold = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(15);

    /// <summary>How long others wait to learn what became of a dial; a proxy says no within a round trip or two.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TaskCompletionSource _turn = new();
    private Task _turnEnds = Task.CompletedTask;
    private string? _login;
    private string _problem = "";
    private TimeSpan _hold;
    private long _since;

    /// <summary>A dial is over: the next may show the credentials, unless the proxy did not accept them.</summary>
    /// <param name="login">Tells credentials apart; nothing can be read from it.</param>
    /// <param name="refusal">What happened, and what to do; null where they were not refused.</param>
    public void EndTurn(string login, string? refusal)
    {
        lock (_lock)
        {
            _turn.TrySetResult();

            // Refused twice at the same moment counts once.
            if (refusal is not null && !(login == _login && IsHeld))
            {
                _hold = login == _login ? Durations.Shorter(_hold * 4, LongestHold) : FirstHold;
                (_login, _problem, _since) = (login, refusal, time.GetTimestamp());
            }
        }
    }

    /// <summary>Returns when <paramref name="login"/> may be shown.</summary>
    /// <exception cref="LinkConnectException">It is held back; the message is the one of the refusal, and says until when.</exception>
    public async Task WaitForTurnAsync(string login, CancellationToken cancellationToken)
    {
        while (!TryBegin(login, out var before))
        {
            await before.WaitAsync(cancellationToken);
        }
    }

    private bool TryBegin(string login, out Task before)
    {
        lock (_lock)
        {
            before = _turnEnds;
            if (login == _login && IsHeld)
            {
                var rest = Math.Ceiling((_hold - time.GetElapsedTime(_since)).TotalSeconds);
                throw new LinkConnectException(
                    $"{_problem} So that the account is not locked, the same credentials are shown again in {rest} s; changed ones are used at the next dial.")
                { Fault = LinkConnectFault.ProxyAuthentication };
            }

            if (!before.IsCompleted)
            {
                return false;
            }

            _turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _turnEnds = Task.WhenAny(_turn.Task, Task.Delay(Turn, time));
            return true;
        }
    }

    private bool IsHeld => time.GetElapsedTime(_since) < _hold;
}
