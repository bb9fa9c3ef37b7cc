using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using McpTunnel.Transport;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// The calls to itself that this process has on the way, by a number that only it knows. So the boundary tells its own calls from those of another instance of the tunnel, and nobody else
/// learns anything. It also knows which links bring requests at all, since a link that serves agents is not one that is silent. Thread-safe.
/// </summary>
internal sealed class SelfCallBook
{
    private readonly ConcurrentDictionary<string, Entry> _open = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<ILink, StrongBox<long>> _requests = [];

    /// <summary>Begins a call.</summary>
    public Entry Begin()
    {
        var entry = new Entry(this, RandomNumberGenerator.GetHexString(32, lowercase: true));
        _open[entry.Number] = entry;
        return entry;
    }

    /// <summary>A request arrived at this process's boundary, of whomever, through this link.</summary>
    public void RequestArrived(ILink link) => Interlocked.Increment(ref _requests.GetOrCreateValue(link).Value);

    /// <summary>How many have.</summary>
    public long RequestsThrough(ILink link) => _requests.TryGetValue(link, out var requests) ? Interlocked.Read(ref requests.Value) : 0;

    /// <summary>The call arrived at this process's boundary, through this link.</summary>
    public void Arrived(string number, ILink link)
    {
        if (_open.TryGetValue(number, out var entry))
        {
            entry.Link = link;
        }
    }

    /// <summary>One call on its way.</summary>
    internal sealed class Entry(SelfCallBook book, string number) : IDisposable
    {
        private volatile ILink? _link;

        public string Number => number;

        /// <summary>The link through which it arrived; null while it has not.</summary>
        public ILink? Link
        {
            get => _link;
            set => _link = value;
        }

        public void Dispose() => book._open.TryRemove(number, out _);
    }
}
