using System.Text.RegularExpressions;

namespace McpTunnel.Edge.Telemetry;

/// <summary>
/// Clients' software as a label. A client may say of itself what it likes, so only our own product's versions are named, only so many of them, and the rest is
/// <c>other</c>: whoever makes names up cannot make the edge's metrics grow. Thread-safe.
/// </summary>
internal sealed partial class ClientVersions
{
    /// <summary>Names besides <see cref="Other"/>: more than a fleet has at once, and few enough for any store of metrics.</summary>
    internal const int MaxNames = 32;

    internal const string Other = "other";

    private readonly Lock _gate = new();

    /// <summary>A name stays once it was there, with 0 when no client has it any more: a series that goes away would keep its last value at the reader.</summary>
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal) { [Other] = 0 };

    /// <summary>How many of <paramref name="software"/> there are of each name.</summary>
    public IReadOnlyDictionary<string, long> Count(IEnumerable<string> software)
    {
        lock (_gate)
        {
            foreach (var name in _counts.Keys.ToList())
            {
                _counts[name] = 0;
            }

            foreach (var name in software)
            {
                _counts[Find(name)]++;
            }

            return new Dictionary<string, long>(_counts);
        }
    }

    private string Find(string software)
    {
        if (_counts.ContainsKey(software))
        {
            return software;
        }

        return _counts.Count <= MaxNames && Product().IsMatch(software) && _counts.TryAdd(software, 0) ? software : Other;
    }

    [GeneratedRegex(@"\Amcptunnel/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Product();
}
