using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// Tells the links of a process that was taken over to leave: one after the other, each tunnel's first one first. A tunnel's other links serve agents here until
/// it has one at the new process, and clients do not come there all at once.
/// </summary>
internal sealed class Farewell(LinkDirectory directory, AdmissionControl admission, TimeProvider time)
{
    /// <summary>Links a second that a node takes on without strain: handshakes cost it about a millisecond each.</summary>
    private const int LinksPerSecond = 250;

    public const string Reason = "A new process of the edge node has taken over.";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>A link whose handshake had begun here comes up within this time, and is told to leave then.</summary>
    private static readonly TimeSpan Handshakes = TimeSpan.FromSeconds(1);

    /// <summary>Connections that were accepted here and have not said whom they want get no longer.</summary>
    private static readonly TimeSpan Hellos = TimeSpan.FromSeconds(3);

    /// <summary>Completes when all are told, or when <paramref name="cancellationToken"/> is cancelled, without an exception.</summary>
    /// <param name="grace">How long streams may go on, counted from now. A quarter of it is the most that the telling takes.</param>
    /// <param name="cancellationToken">Nothing runs any more.</param>
    public async Task SayAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var steps = Math.Max(1, Math.Min(directory.Count / (double)LinksPerSecond, grace.TotalSeconds / 4) / Step.TotalSeconds);
        var batch = Math.Max(1, (int)Math.Ceiling(directory.Count / steps));
        var waiting = new Queue<ILink>();
        while (!cancellationToken.IsCancellationRequested)
        {
            // Looked for again only when all are told that were there: a look at each step would cost the more, the more steps there are.
            if (waiting.Count == 0)
            {
                waiting = new Queue<ILink>(LinksToTell());
            }

            var elapsed = time.GetElapsedTime(started);
            if (waiting.Count == 0 && elapsed >= Handshakes && (admission.Pending.Count == 0 || elapsed >= Hellos))
            {
                return;
            }

            for (var told = 0; told < batch && waiting.TryDequeue(out var link);)
            {
                if (link.State == LinkState.Active)
                {
                    link.BeginDrain(TunnelCode.EdgeDraining, Reason, new DrainNotice(TimeSpan.Zero, grace > elapsed ? grace - elapsed : TimeSpan.Zero, Reason));
                    told++;
                }
            }

            await Task.WhenAny(Task.Delay(Step, time, cancellationToken));
        }
    }

    /// <summary>The links not told yet, those first whose tunnels have the fewest links told.</summary>
    private IEnumerable<ILink> LinksToTell() => directory.Snapshot()
        .GroupBy(entry => entry.Identity.TunnelId, StringComparer.Ordinal)
        .SelectMany(tunnel =>
        {
            var told = tunnel.Count(entry => entry.Link.State != LinkState.Active);
            return tunnel.Where(entry => entry.Link.State == LinkState.Active).Select((entry, index) => (Rank: told + index, entry.Link));
        })
        .OrderBy(ranked => ranked.Rank)
        .Select(ranked => ranked.Link);
}
