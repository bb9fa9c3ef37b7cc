using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Remembers for a short time which tokens were found good, so that a call costs a hash in place of a signature check. Bounded in
/// two generations: when the younger is full or old, it becomes the older, and what was the older is forgotten. Thread-safe.
/// </summary>
internal sealed class TokenCache(TimeProvider time)
{
    /// <summary>How long a judgement stands at most: a key taken back by its issuer is noticed by then at the next refresh.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>Tokens in one generation; about 1 MiB with their callers.</summary>
    public const int GenerationSize = 2048;

    private readonly Lock _lock = new();
    private volatile Generation _young = new(time.GetTimestamp());
    private volatile Generation _old = new(time.GetTimestamp());

    /// <param name="key">The token.</param>
    /// <param name="epoch">The issuer's keys as they are now; judgements under others do not count.</param>
    /// <param name="caller">Who the token stands for.</param>
    public bool TryGet(TokenKey key, long epoch, [NotNullWhen(true)] out Caller? caller)
    {
        caller = null;
        if (!_young.Entries.TryGetValue(key, out var entry) && !_old.Entries.TryGetValue(key, out entry))
        {
            return false;
        }

        if (entry.Epoch != epoch || time.GetElapsedTime(entry.Added) >= Lifetime || entry.Caller.ExpiresAt <= time.GetUtcNow())
        {
            return false;
        }

        caller = entry.Caller;
        return true;
    }

    public void Add(TokenKey key, long epoch, Caller caller)
    {
        lock (_lock)
        {
            if (_young.Count >= GenerationSize || time.GetElapsedTime(_young.Began) >= Lifetime)
            {
                _old = _young;
                _young = new Generation(time.GetTimestamp());
            }

            if (_young.Entries.TryAdd(key, new Entry(caller, epoch, time.GetTimestamp())))
            {
                _young.Count++;
            }
            else
            {
                _young.Entries[key] = new Entry(caller, epoch, time.GetTimestamp());
            }
        }
    }

    private sealed class Generation(long began)
    {
        public ConcurrentDictionary<TokenKey, Entry> Entries { get; } = new();

        public long Began { get; } = began;

        // Counted under the lock of Add: the dictionary's own count takes all its locks.
        public int Count { get; set; }
    }

    private sealed record Entry(Caller Caller, long Epoch, long Added);
}
