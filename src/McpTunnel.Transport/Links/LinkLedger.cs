using System.Diagnostics.Metrics;

namespace McpTunnel.Transport.Links;

/// <summary>
/// Every link of this process, and what those that have ended leave behind in the sums. Links count in plain fields of their own; it is only added up here, when somebody
/// asks. Thread-safe.
/// </summary>
internal static class LinkLedger
{
    private static readonly Carrier[] AllCarriers = Enum.GetValues<Carrier>();

    private static readonly Lock Gate = new();
    private static readonly HashSet<Link> Links = [];

    /// <summary>Once a side has had a link it is told of for ever: a series that goes away would keep its last value at the reader.</summary>
    private static readonly Dictionary<(LinkSide Side, Carrier Carrier), Sums> Past = [];

    public static void Add(Link link)
    {
        lock (Gate)
        {
            Links.Add(link);
            foreach (var carrier in AllCarriers)
            {
                Past.TryAdd((link.Side, carrier), default);
            }
        }
    }

    public static void Remove(Link link)
    {
        lock (Gate)
        {
            if (Links.Remove(link))
            {
                Past[(link.Side, link.Carrier)] += Sums.Of(link);
            }
        }
    }

    public static IEnumerable<Measurement<long>> Streams()
    {
        foreach (var ((side, carrier), links) in Present())
        {
            foreach (var (state, name) in new[] { (LinkState.Active, "active"), (LinkState.Draining, "draining") })
            {
                yield return new(
                    links.Where(link => link.State == state).Sum(link => (long)link.StreamCount), new("side", side.WireName()), new("carrier", carrier.WireName()), new("state", name));
            }
        }
    }

    public static IEnumerable<Measurement<long>> StalledStreams() =>
        Present().Select(row => new Measurement<long>(row.Links.Sum(link => (long)link.Stalls.Streams), Tags(row.Key)));

    public static IEnumerable<Measurement<double>> StalledTime() => Totals().Select(row => new Measurement<double>(row.Sums.Stalled.TotalSeconds, Tags(row.Key)));

    public static IEnumerable<Measurement<long>> Bytes()
    {
        foreach (var (key, sums) in Totals())
        {
            yield return new(sums.Received, [.. Tags(key), new("direction", "received")]);
            yield return new(sums.Sent, [.. Tags(key), new("direction", "sent")]);
        }
    }

    private static KeyValuePair<string, object?>[] Tags((LinkSide Side, Carrier Carrier) key) => [new("side", key.Side.WireName()), new("carrier", key.Carrier.WireName())];

    private static List<((LinkSide Side, Carrier Carrier) Key, List<Link> Links)> Present()
    {
        lock (Gate)
        {
            return [.. Past.Keys.Select(key => (key, Links.Where(link => (link.Side, link.Carrier) == key).ToList()))];
        }
    }

    /// <summary>Under the lock as a whole: a link that ends meanwhile would count twice or not at all, and a counter must not fall.</summary>
    private static List<((LinkSide Side, Carrier Carrier) Key, Sums Sums)> Totals()
    {
        lock (Gate)
        {
            var totals = new Dictionary<(LinkSide Side, Carrier Carrier), Sums>(Past);
            foreach (var link in Links)
            {
                totals[(link.Side, link.Carrier)] += Sums.Of(link);
            }

            return [.. totals.Select(total => (total.Key, total.Value))];
        }
    }

    private readonly record struct Sums(long Received, long Sent, TimeSpan Stalled)
    {
        public static Sums Of(Link link) => new(link.BytesReceived, link.BytesSent, link.Stalls.Time);

        public static Sums operator +(Sums a, Sums b) => new(a.Received + b.Received, a.Sent + b.Sent, a.Stalled + b.Stalled);
    }
}
