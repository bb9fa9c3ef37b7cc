using McpTunnel.Transport;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// Tells links that carry nothing from such as are busy, slow, or were not asked. The edge does not say which link it gave a call to; so a link is suspected in a round when all of this is so:
/// <code>
///   a call was taken by the edge and nothing came back        one that reached this client's TLS and took too long says that the client is busy
///   no other instance answered                                the call that failed may have been its
///   the link served none of the calls
///   nobody's bytes left through it meanwhile                  a link that answers agents carries
///   it was its turn                                           it had fewer streams than links that served; where none served, the fewest of all
/// </code>
/// and is found silent when that was so in two rounds, with nothing between them that speaks for it. Not thread-safe.
/// </summary>
internal sealed class SilentLinks
{
    /// <summary>One round may be an accident on the way.</summary>
    private const int RoundsNeeded = 2;

    private readonly Dictionary<ILink, int> _rounds = [];
    private readonly List<(ILink Link, int Streams, long Sent)> _before = [];

    /// <summary>The links that were suspected in the last round.</summary>
    public IReadOnlyList<ILink> Suspects { get; private set; } = [];

    /// <summary>How the links are before the calls of a round.</summary>
    public void Begin(IReadOnlyList<ILink> links)
    {
        _before.Clear();
        _before.AddRange(links.Select(link => (link, link.StreamCount, link.BytesSent)));
        foreach (var gone in _rounds.Keys.Except(links).ToList())
        {
            _rounds.Remove(gone);
        }
    }

    /// <summary>What the calls of the round say.</summary>
    public void Judge(IReadOnlyList<SelfCallOutcome> outcomes)
    {
        var served = outcomes.Where(outcome => outcome.Link is not null).ToLookup(outcome => outcome.Link!);
        var silence = outcomes.Any(outcome => outcome.Result == SelfCallResult.Silent) && !outcomes.Any(outcome => outcome.IsElsewhere);
        var turn = _before.Where(before => served.Contains(before.Link)).Select(before => before.Streams + served[before.Link].Count())
            .DefaultIfEmpty(_before.Min(before => before.Streams) + 1).Max();
        var suspects = new List<ILink>();
        foreach (var (link, streams, sent) in _before)
        {
            if (!silence || served.Contains(link) || link.BytesSent != sent)
            {
                _rounds.Remove(link);
            }
            else if (streams < turn)
            {
                _rounds[link] = _rounds.GetValueOrDefault(link) + 1;
                suspects.Add(link);
            }
        }

        Suspects = suspects;
    }

    /// <summary>The suspect of the last round that has been one for longest, if that is long enough; null when there is none.</summary>
    public ILink? Find() => Suspects.Where(link => _rounds[link] >= RoundsNeeded).MaxBy(link => _rounds[link]);
}
