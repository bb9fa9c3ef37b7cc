using McpTunnel.Transport;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// Tells links that carry nothing from such as are busy, slow, or were not asked. The edge does not say which link it gave a call to; so a link is suspected in a round when all of this is so:
/// <code>
///   a call was taken by the edge and nothing came back        one that reached this client's TLS and took too long says that the client is busy
///   no other instance answered                                the call that failed may have been its
///   the link served none of the calls
///   no request arrived through it meanwhile, of nobody        a link that serves agents carries, however late calls are
///   it was its turn                                           it had fewer streams that do not hang than links that served; where none served, the fewest of all
/// </code>
/// and is found silent when that was so in two rounds, with nothing between them that speaks for it. Not thread-safe.
/// </summary>
/// <param name="requests">How many requests have arrived at the boundary through a link, of agents and of this client.</param>
internal sealed class SilentLinks(Func<ILink, long> requests)
{
    /// <summary>One round may be an accident on the way.</summary>
    private const int RoundsNeeded = 2;

    private readonly Dictionary<ILink, int> _rounds = [];

    /// <summary>Each link when it was last seen to have brought a request: how many in all, and how many streams it had.</summary>
    private readonly Dictionary<ILink, (long Requests, int Streams)> _carried = [];

    /// <summary>The links that were suspected in the last round.</summary>
    public IReadOnlyList<ILink> Suspects { get; private set; } = [];

    /// <summary>How the links are before calls are made. To be told each time, also where one call only is made.</summary>
    public void Begin(IReadOnlyList<ILink> links)
    {
        foreach (var gone in _carried.Keys.Except(links).ToList())
        {
            _carried.Remove(gone);
            _rounds.Remove(gone);
        }

        foreach (var link in links)
        {
            if (requests(link) is var all && all != _carried.GetValueOrDefault(link).Requests)
            {
                _carried[link] = (all, link.StreamCount);
            }
            else
            {
                _carried.TryAdd(link, default);
            }
        }
    }

    /// <summary>What the calls of the round say.</summary>
    public void Judge(IReadOnlyList<SelfCallOutcome> outcomes)
    {
        var served = outcomes.Where(outcome => outcome.Link is not null).ToLookup(outcome => outcome.Link!);
        var silence = outcomes.Any(outcome => outcome.Result == SelfCallResult.Silent) && !outcomes.Any(outcome => outcome.IsElsewhere);
        var turn = served.Select(calls => StreamsOf(calls.Key) + calls.Count()).DefaultIfEmpty(_carried.Keys.Min(StreamsOf) + 1).Max();
        var suspects = new List<ILink>();
        foreach (var (link, (before, _)) in _carried)
        {
            if (!silence || served.Contains(link) || requests(link) != before)
            {
                _rounds.Remove(link);
            }
            else if (StreamsOf(link) < turn)
            {
                _rounds[link] = _rounds.GetValueOrDefault(link) + 1;
                suspects.Add(link);
            }
        }

        Suspects = suspects;
    }

    /// <summary>Those that came after the link last brought a request hang: the edge has given them up, or will, and then passes over the link no more.</summary>
    private int StreamsOf(ILink link) => Math.Min(link.StreamCount, _carried.GetValueOrDefault(link).Streams);

    /// <summary>The suspect of the last round that has been one for longest, if that is long enough; null when there is none.</summary>
    public ILink? Find() => Suspects.Where(link => _rounds[link] >= RoundsNeeded).MaxBy(link => _rounds[link]);
}
