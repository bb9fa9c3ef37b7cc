using System.Runtime.Versioning;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Live;
using McpTunnel.Edge.Health;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Health;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[UnsupportedOSPlatform("windows")]
[CancelAfter(30_000)]
public sealed class CertificateReminderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));
    private readonly ScratchDirectory _directory = new();
    private readonly LogRecord _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task End_that_is_more_than_30_days_away_is_told_when_they_begin_and_each_day_from_then_on(CancellationToken cancellationToken)
    {
        await using var source = await ServeAsync(days: 31, cancellationToken);
        using var reminder = new CertificateReminder(source, _time, _log.Factory.CreateLogger<CertificateReminder>());
        reminder.Start();
        Assert.That(Reminders, Is.Empty);

        _time.Advance(TimeSpan.FromHours(25));
        Assert.That(Reminders, Has.Count.EqualTo(1));
        Assert.That(Reminders[0], Does.Contain("ends 2031-06-06 07:03:09Z, in 30.0 days").And.Contain("docs/operations/edge-certificate.md"));

        for (var hour = 0; hour < 72; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(Reminders, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task End_that_is_near_is_told_at_the_start_and_no_more_once_another_certificate_is_served(CancellationToken cancellationToken)
    {
        await using var source = await ServeAsync(days: 7, cancellationToken);
        using var reminder = new CertificateReminder(source, _time, _log.Factory.CreateLogger<CertificateReminder>());
        reminder.Start();
        Assert.That(Reminders, Has.Count.EqualTo(1));

        Write(days: 90);
        Assert.That(await source.RefreshAsync(cancellationToken), Is.True);
        _time.Advance(TimeSpan.FromDays(2));

        Assert.That(Reminders, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Clock_that_was_ahead_does_not_silence_it(CancellationToken cancellationToken)
    {
        await using var source = await ServeAsync(days: 20, cancellationToken);
        using var reminder = new CertificateReminder(source, _time, _log.Factory.CreateLogger<CertificateReminder>());
        reminder.Start();

        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromDays(3));
        _time.Advance(CertificateReminder.Interval);

        Assert.That(Reminders, Has.Count.EqualTo(2));
    }

    private List<string> Reminders => [.. _log.Lines.Where(line => line.Contains(" 3042: ", StringComparison.Ordinal))];

    private Task<CertificateSource> ServeAsync(int days, CancellationToken cancellationToken)
    {
        Write(days);
        return CertificateSource.StartAsync(
            new CertificateSourceOptions { CertificateFile = _directory["edge.pem"], KeyFile = _directory["edge.key"] }, _time, NullLogger<CertificateSource>.Instance, cancellationToken);
    }

    private void Write(int days)
    {
        using var authority = ServerCa.CreateForEdge("tunnel.test", _time);
        using var issued = authority.IssueServerCertificate(["tunnel.test", "link.tunnel.test"], TimeSpan.FromDays(days));
        _directory.Write("edge.pem", issued.ChainPem);
        _directory.Write("edge.key", issued.Key.ExportPem());
    }
}
