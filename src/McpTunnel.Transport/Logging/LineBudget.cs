namespace McpTunnel.Transport.Logging;

/// <summary>
/// Counts the lines that an event wrote for each subject, and those that were too many, until the window is over. What it holds is bounded by the totals of the rules. Thread-safe.
/// </summary>
internal sealed class LineBudget
{
    /// <summary>60: one line a second on average. A client of four links that breaks once a minute stays far below; one that does nothing else wrote 182 a second.</summary>
    public const int PerSubject = 60;

    /// <summary>600: what an attack from many addresses leaves in the log, 10 lines a second for each event.</summary>
    public const int PerEvent = 600;

    /// <summary>What was left out is told after so long.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>The subject of an event's total.</summary>
    private const string Everybody = "";

    private readonly Lock _gate = new();
    private readonly Dictionary<(int EventId, string Subject), Spent> _spent = [];

    /// <summary>Whether the line may be written; one that may not is counted as left out.</summary>
    /// <param name="rule">What the event may write.</param>
    /// <param name="subject">Who caused it; empty when nothing says so.</param>
    /// <param name="first">Whether nothing had been counted: a window begins.</param>
    public bool TryTake(LineRule rule, string subject, out bool first)
    {
        lock (_gate)
        {
            first = _spent.Count == 0;
            var own = subject == Everybody ? null : _spent.GetValueOrDefault((rule.EventId, subject));
            if (own is { Written: >= PerSubject })
            {
                own.LeftOut++;
                return false;
            }

            if (rule.Total is { } total)
            {
                var all = SpentBy(rule.EventId, Everybody);
                if (all.Written >= total)
                {
                    // One that is new is not remembered any more: addresses that come and go take no memory.
                    (own ?? all).LeftOut++;
                    return false;
                }

                all.Written++;
            }

            if (subject != Everybody)
            {
                (own ?? SpentBy(rule.EventId, subject)).Written++;
            }

            return true;
        }
    }

    /// <summary>Ends the window: what was left out in it. Everybody may write again.</summary>
    public IReadOnlyList<LeftOutLines> Renew()
    {
        lock (_gate)
        {
            var left = _spent.Where(entry => entry.Value.LeftOut > 0).Select(entry => new LeftOutLines(entry.Key.EventId, entry.Key.Subject, entry.Value.LeftOut)).ToList();
            _spent.Clear();
            return left;
        }
    }

    private Spent SpentBy(int eventId, string subject)
    {
        if (!_spent.TryGetValue((eventId, subject), out var spent))
        {
            _spent.Add((eventId, subject), spent = new Spent());
        }

        return spent;
    }

    private sealed class Spent
    {
        public int Written { get; set; }

        public long LeftOut { get; set; }
    }
}
