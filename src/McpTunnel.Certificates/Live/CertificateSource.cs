using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Certificates.Live;

/// <summary>
/// A certificate that is served while its files may be replaced at any time. A good new pair is taken without a restart; a bad one
/// (partial, empty, mismatched, expired) is reported, and the last good one stays. Thread-safe; reading
/// <see cref="Context"/> costs one memory read.
/// </summary>
public sealed class CertificateSource : IAsyncDisposable
{
    private readonly CertificateSourceOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _checking = new(1, 1);
    private volatile LoadedCertificate _current;
    private volatile CertificateSourceStatus _status;
    private byte[] _lastSeen;
    private Task _polling = Task.CompletedTask;

    private CertificateSource(
        CertificateSourceOptions options, LoadedCertificate first, byte[] digest, TimeProvider timeProvider, ILogger logger)
    {
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _current = first;
        _lastSeen = digest;
        _status = new CertificateSourceStatus(first.Description, timeProvider.GetUtcNow(), null, null);
    }

    /// <summary>Raised after another certificate has come into use, or the files' state has changed. Handlers must not block.</summary>
    public event Action<CertificateSourceStatus>? Changed;

    /// <summary>What <c>SslStream</c> and Kestrel serve. Read it for each handshake.</summary>
    public SslStreamCertificateContext Context => _current.Context;

    /// <summary>The served certificate with its key. Owned by this object; it stays usable after a swap.</summary>
    public X509Certificate2 Certificate => _current.Context.TargetCertificate;

    /// <summary>What is served and what is wrong with the files.</summary>
    public CertificateSourceStatus Status => _status;

    /// <summary>Loads the files and watches them from then on.</summary>
    /// <exception cref="CertificateException">The files are not good now; there is no last good certificate to serve instead.</exception>
    public static async Task<CertificateSource> StartAsync(
        CertificateSourceOptions options, TimeProvider timeProvider, ILogger<CertificateSource> logger, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(options, cancellationToken);
        var source = new CertificateSource(options, LoadedCertificate.From(content, options, timeProvider.GetUtcNow()), content.Digest, timeProvider, logger);
        logger.Loaded(options.CertificateFile, source._status.Served.Subject, source._status.Served.Fingerprint, source._status.Served.NotAfter);
        source._polling = source.PollAsync();
        return source;
    }

    /// <summary>Looks at the files now and takes what they hold, without waiting for a second look.</summary>
    /// <returns>Whether the files are what is served afterwards; <see cref="Status"/> has the reason when not.</returns>
    public Task<bool> RefreshAsync(CancellationToken cancellationToken) => CheckAsync(settled: true, cancellationToken);

    /// <summary>One look of the poll; for tests, which have no time to wait.</summary>
    internal Task<bool> LookAsync(CancellationToken cancellationToken) => CheckAsync(settled: false, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _polling;
        _stopping.Dispose();
        _checking.Dispose();
    }

    private static async Task<PemPair> ReadAsync(CertificateSourceOptions options, CancellationToken cancellationToken) =>
        new(
            await GuardedFile.ReadTextAsync(options.CertificateFile, FileLimits.PemBytes, FileProtection.Public, cancellationToken),
            await GuardedFile.ReadTextAsync(options.KeyFile, FileLimits.PemBytes, options.KeyProtection, cancellationToken));

    private async Task PollAsync()
    {
        using var timer = new PeriodicTimer(_options.PollInterval, _timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await LookQuietlyAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task LookQuietlyAsync()
    {
        try
        {
            await LookAsync(_stopping.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One look that fails in an unforeseen way, or a handler of Changed that throws, must not be the last one.
            _logger.LookFailed(exception, _options.CertificateFile);
        }
    }

    private async Task<bool> CheckAsync(bool settled, CancellationToken cancellationToken)
    {
        await _checking.WaitAsync(cancellationToken);
        try
        {
            var content = await ReadAsync(_options, cancellationToken);
            if (content.Digest.AsSpan().SequenceEqual(_current.Digest))
            {
                _lastSeen = content.Digest;
                Report(null);
                return true;
            }

            if (!settled && !content.Digest.AsSpan().SequenceEqual(_lastSeen))
            {
                // Just changed, and perhaps still being written.
                _lastSeen = content.Digest;
                return false;
            }

            _lastSeen = content.Digest;
            Take(LoadedCertificate.From(content, _options, _timeProvider.GetUtcNow()));
            return true;
        }
        catch (CertificateException exception)
        {
            Report(exception);
            return false;
        }
        finally
        {
            _checking.Release();
        }
    }

    private void Take(LoadedCertificate loaded)
    {
        // The one before is left to the collector: handshakes that began with it still need it.
        _current = loaded;
        _status = new CertificateSourceStatus(loaded.Description, _timeProvider.GetUtcNow(), null, null);
        _logger.Loaded(_options.CertificateFile, loaded.Description.Subject, loaded.Description.Fingerprint, loaded.Description.NotAfter);
        Changed?.Invoke(_status);
    }

    private void Report(CertificateException? exception)
    {
        if (_status.Problem == exception?.Message)
        {
            return;
        }

        _status = _status with { Fault = exception?.Fault, Problem = exception?.Message };
        if (exception is not null)
        {
            _logger.Kept(_options.CertificateFile, exception.Fault, exception.Message, _status.Served.NotAfter);
        }

        Changed?.Invoke(_status);
    }
}
