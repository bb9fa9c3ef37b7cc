using System.Security.Cryptography;
using System.Text;
using McpTunnel.Client.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Keeps one issuer's keys: fetched at first need, refreshed in the background, and at once for a key that is not known, though no
/// more often than <see cref="UnknownKeyInterval"/>, whatever agents send. One fetch at a time. Fails closed. Thread-safe.
/// </summary>
/// <param name="issuer">For messages.</param>
/// <param name="fetch">Brings the key set as JSON.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where events 2120 to 2129 go.</param>
internal sealed class IssuerKeySource(string issuer, Func<CancellationToken, Task<string>> fetch, TimeProvider time, ILogger logger)
{
    /// <summary>Keys older than this are refreshed while they are still used: a key that its issuer took back goes within the hour.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(1);

    /// <summary>Keys older than this are not used: an issuer that was not heard for a day says nothing any more.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    /// <summary>Time between two fetches on behalf of unknown keys: a flood of made-up keys costs the issuer two requests a minute.</summary>
    public static readonly TimeSpan UnknownKeyInterval = TimeSpan.FromSeconds(30);

    /// <summary>Time between two tries at an issuer that failed.</summary>
    public static readonly TimeSpan FailureInterval = TimeSpan.FromSeconds(5);

    /// <summary>Time for one fetch, both documents together.</summary>
    public static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Keys in one set; large issuers publish about ten.</summary>
    public const int MaxKeys = 64;

    /// <summary>Bits of an RSA key, below which signatures prove nothing (NIST SP 800-131A).</summary>
    public const int MinRsaBits = 2048;

    private readonly Lock _lock = new();
    private volatile Snapshot? _current;
    private Task<IssuerKeys>? _fetching;
    private long? _lastAttempt;
    private IssuerUnavailableException? _lastFailure;

    /// <summary>The keys in use, or null while there are none that may be used. Never waits.</summary>
    public IssuerKeys? Current => _current is { } current && time.GetElapsedTime(current.FetchedAt) < MaxAge ? current.Keys : null;

    /// <summary>Why the last fetch failed; null when it did not.</summary>
    public string? Problem => _lastFailure?.Message;

    /// <exception cref="IssuerUnavailableException">There are no keys and none can be had.</exception>
    public async Task<IssuerKeys> GetAsync(CancellationToken cancellationToken)
    {
        if (_current is { } current)
        {
            var age = time.GetElapsedTime(current.FetchedAt);
            if (age < RefreshAfter)
            {
                return current.Keys;
            }

            if (age < MaxAge)
            {
                _ = RefreshInBackgroundAsync();
                return current.Keys;
            }
        }

        return await FetchAsync(FailureInterval).WaitAsync(cancellationToken);
    }

    /// <summary>The keys after looking whether the issuer has published a new one, if it may be asked again so soon.</summary>
    public async Task<IssuerKeys> RefreshForUnknownKeyAsync(IssuerKeys known, CancellationToken cancellationToken)
    {
        try
        {
            return await FetchAsync(UnknownKeyInterval, known).WaitAsync(cancellationToken);
        }
        catch (IssuerUnavailableException)
        {
            return known;
        }
    }

    private async Task RefreshInBackgroundAsync()
    {
        try
        {
            await FetchAsync(FailureInterval);
        }
        catch (IssuerUnavailableException)
        {
            // Logged by the fetch; the keys at hand stay in use until they are too old.
        }
    }

    /// <summary>Joins the fetch under way, or begins one unless the last was less than <paramref name="interval"/> ago.</summary>
    private Task<IssuerKeys> FetchAsync(TimeSpan interval, IssuerKeys? instead = null)
    {
        lock (_lock)
        {
            if (_fetching is { IsCompleted: false })
            {
                return _fetching;
            }

            if (_lastAttempt is { } last && time.GetElapsedTime(last) < interval)
            {
                return (instead ?? (_lastFailure is null ? _current?.Keys : null)) is { } keys
                    ? Task.FromResult(keys)
                    : Task.FromException<IssuerKeys>(_lastFailure ?? new IssuerUnavailableException($"The keys of {issuer} are too old"));
            }

            _lastAttempt = time.GetTimestamp();
            return _fetching = FetchOnceAsync();
        }
    }

    private async Task<IssuerKeys> FetchOnceAsync()
    {
        // Off the caller's path before anything else: the lock is held until the first wait.
        await Task.Yield();
        using var limit = new CancellationTokenSource(FetchTimeout, time);
        try
        {
            var json = await fetch(limit.Token);
            var keys = Read(json);
            _lastFailure = null;
            _current = new Snapshot(keys, time.GetTimestamp());
            ClientMetrics.IssuerFetched(succeeded: true);
            IssuerLog.Fetched(logger, issuer, keys.Keys.Count);
            return keys;
        }
        catch (Exception exception)
        {
            var reason = exception is OperationCanceledException ? $"no answer within {FetchTimeout.TotalSeconds:0} s" : exception.Message.TrimEnd('.');
            var failure = new IssuerUnavailableException($"The keys of {issuer} cannot be fetched: {reason}", exception);
            _lastFailure = failure;
            ClientMetrics.IssuerFetched(succeeded: false);
            IssuerLog.FetchFailed(logger, issuer, reason);
            throw failure;
        }
    }

    private IssuerKeys Read(string json)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
        if (_current?.Keys is { } current && current.Digest == digest)
        {
            return current;
        }

        var keys = JsonWebKeySet.Create(json).Keys.Where(MaySign).Take(MaxKeys).ToArray<SecurityKey>();
        return keys.Length > 0
            ? new IssuerKeys(keys, (_current?.Keys.Epoch ?? 0) + 1, digest)
            : throw new IssuerUnavailableException("the published set has no key that may sign");
    }

    // A symmetric key in a published set is everybody's key. One damaged key must not take the others with it.
    private static bool MaySign(JsonWebKey key)
    {
        try
        {
            return key.Use is null or "" or "sig" && key.Kty switch
            {
                JsonWebAlgorithmsKeyTypes.EllipticCurve => key.KeySize > 0,
                JsonWebAlgorithmsKeyTypes.RSA => key.KeySize >= MinRsaBits,
                _ => false,
            };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private sealed record Snapshot(IssuerKeys Keys, long FetchedAt);
}
