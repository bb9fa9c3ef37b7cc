using McpTunnel.Certificates.Live;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Health;

/// <summary>
/// Says in the log that the certificate of the edge's own names ends soon: at the start and then once a day, until another one is served. Nothing renews it here: the key of the
/// authority that 'edge init' made is gone, and any other authority's is not the edge's to have.
/// </summary>
internal sealed class CertificateReminder(CertificateSource source, TimeProvider time, ILogger<CertificateReminder> logger) : IDisposable
{
    /// <summary>30 days: time to order one, and to tell clients of a new authority before.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(30);

    /// <summary>Between two looks at the clock.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private static readonly TimeSpan Again = TimeSpan.FromDays(1);

    private DateTimeOffset _reminded = DateTimeOffset.MinValue;
    private ITimer? _timer;

    /// <summary>Looks now and from then on; call once.</summary>
    public void Start()
    {
        Remind();
        _timer = time.CreateTimer(_ => Remind(), null, Interval, Interval);
    }

    public void Dispose() => _timer?.Dispose();

    private void Remind()
    {
        var now = time.GetUtcNow();
        var end = source.Status.Served.NotAfter;

        // A reminder of the future says nothing: the clock was wrong then, or is now.
        if (end - now > Ahead || (now - _reminded is var age && age >= TimeSpan.Zero && age < Again))
        {
            return;
        }

        _reminded = now;
        logger.CertificateEndsSoon(end, Math.Max(0, (end - now).TotalDays));
    }
}
