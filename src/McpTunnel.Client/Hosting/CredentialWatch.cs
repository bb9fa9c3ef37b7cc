using System.Security.Cryptography;
using System.Text;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Inspection;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Linking;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Follows token, link certificate and key on disk, so that a new enrolment comes into use without a restart, and reminds once a day of certificates
/// that end soon.
/// </summary>
/// <param name="stateDirectory">Where the files are.</param>
/// <param name="renew">Brings up new links in place of the old ones, which read the files again.</param>
/// <param name="due">What ends soon, a sentence each.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where events 2140 to 2143 go.</param>
internal sealed class CredentialWatch(
    string stateDirectory, Func<string, CancellationToken, Task<LinkRenewal>> renew, Func<IReadOnlyList<string>> due, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>How often the files are looked at. A new enrolment is in no hurry.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Reminder = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stopping = new();
    private volatile CertificateDescription? _certificate;
    private byte[] _inUse = [];
    private DateTimeOffset _reminded = DateTimeOffset.MinValue;
    private Task _watching = Task.CompletedTask;

    /// <summary>The link certificate in use.</summary>
    public CertificateDescription? Certificate => _certificate;

    /// <summary>Reads what is there and follows it from then on.</summary>
    /// <exception cref="CertificateException">It is not usable.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        (_certificate, _inUse) = await ReadAsync(cancellationToken);
        Remind();
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await LookAsync(_stopping.Token);
                Remind();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The client stops.
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (certificate, digest) = await ReadAsync(cancellationToken);
            if (!digest.AsSpan().SequenceEqual(_inUse))
            {
                (_certificate, _inUse) = (certificate, digest);
                var renewal = await renew("The client was enrolled again, or its token was changed.", cancellationToken);
                if (renewal.Stayed > 0)
                {
                    CredentialLog.NotTaken(logger, renewal.Stayed, renewal.Problem!);
                }
                else
                {
                    CredentialLog.Renewed(logger, certificate.NotAfter, renewal.Renewed);
                }
            }
        }
        catch (CertificateException exception)
        {
            // In the middle of an enrolment, or damaged: links that are up need the files no more, and the next look comes soon.
            CredentialLog.Unusable(logger, exception.Message);
        }
    }

    private void Remind()
    {
        // A reminder of the future says nothing: the clock was wrong then, or is now.
        if (time.GetUtcNow() - _reminded is var age && age >= TimeSpan.Zero && age < Reminder)
        {
            return;
        }

        foreach (var sentence in due())
        {
            _reminded = time.GetUtcNow();
            CredentialLog.EndsSoon(logger, sentence);
        }
    }

    /// <summary>Only a pair that belongs together is one; the digest also covers the token.</summary>
    private async Task<(CertificateDescription Certificate, byte[] Digest)> ReadAsync(CancellationToken cancellationToken)
    {
        var token = await GuardedFile.ReadSecretAsync(ClientPaths.Token(stateDirectory), cancellationToken);
        using var pair = await KeyedCertificate.LoadAsync(ClientPaths.LinkCertificate(stateDirectory), ClientPaths.LinkKey(stateDirectory), cancellationToken);
        var chain = await CertificateFile.ReadChainAsync(ClientPaths.LinkCertificate(stateDirectory), cancellationToken);
        try
        {
            var certificate = CertificateDescription.Of(chain, time.GetUtcNow());
            return (certificate, SHA256.HashData(Encoding.UTF8.GetBytes($"{token.Reveal()} {certificate.Fingerprint}")));
        }
        finally
        {
            foreach (var part in chain)
            {
                part.Dispose();
            }
        }
    }
}
