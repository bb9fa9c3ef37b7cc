using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Linking;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Hosting;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(30_000)]
public sealed class CredentialWatchTests : IDisposable
{
    private const string Tunnel = "tnl_aaaaaaaaaaaaaaaa";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly ScratchDirectory _directory = new();
    private readonly LogRecord _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Clock_that_jumped_ahead_and_back_does_not_silence_the_reminder(CancellationToken cancellationToken)
    {
        await EnrolAsync("token-1");
        await using var watch = Watch(new LinkRenewal(0, 0, null), "The link certificate ends soon.");
        await watch.StartAsync(cancellationToken);
        Assert.That(Lines(2141), Is.EqualTo(1));

        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromDays(5));
        await LookAsync();

        await Eventually.ThatAsync(() => Lines(2141) == 2, "it is said again by the clock that is right");
        await LookAsync();
        await LookAsync();
        Assert.That(Lines(2141), Is.EqualTo(2), "and once a day from then on");
    }

    [Test]
    public async Task New_credentials_that_are_refused_are_a_warning_with_the_reason(CancellationToken cancellationToken)
    {
        await EnrolAsync("token-1");
        await using var watch = Watch(new LinkRenewal(1, 3, "The edge refused the link: token_invalid."));
        await watch.StartAsync(cancellationToken);

        await EnrolAsync("token-2");
        await LookAsync();

        await Eventually.ThatAsync(() => Lines(2143) == 1, "an operator sees it");
        Assert.That(_log.Contains("Warning Test 2143: New credentials are on disk, and 3 links still run with the ones before, since no new link came up: The edge refused the link: token_invalid. What"), string.Join('\n', _log.Lines));
        Assert.That(Lines(2140), Is.Zero, "nothing says that all is well");
    }

    [Test]
    public async Task New_credentials_that_are_taken_are_told(CancellationToken cancellationToken)
    {
        await EnrolAsync("token-1");
        await using var watch = Watch(new LinkRenewal(4, 0, null));
        await watch.StartAsync(cancellationToken);

        await EnrolAsync("token-2");
        await LookAsync();

        await Eventually.ThatAsync(() => Lines(2140) == 1, "it is told");
        Assert.That(Lines(2143), Is.Zero);
    }

    private CredentialWatch Watch(LinkRenewal renewal, params string[] due) =>
        new(_directory.Path, (_, _) => Task.FromResult(renewal), () => due, _time, _log.Factory.CreateLogger("Test"));

    private int Lines(int id) => _log.Lines.Count(line => line.Contains($" {id}: ", StringComparison.Ordinal));

    private Task LookAsync()
    {
        _time.Advance(CredentialWatch.Interval);
        return Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }

    private async Task EnrolAsync(string token)
    {
        using var authority = TunnelCa.Create("tunnel.test", _time);
        using var key = PrivateKey.Create();
        using var issued = authority.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, Tunnel)), Tunnel);
        await AtomicFiles.WriteAsync(ClientPaths.LinkCertificate(_directory.Path), issued.Certificate.ExportCertificatePem(), FileProtection.Public, CancellationToken.None);
        await AtomicFiles.WriteAsync(ClientPaths.LinkKey(_directory.Path), key.ExportPem(), FileProtection.OwnerOnly, CancellationToken.None);
        await AtomicFiles.WriteAsync(ClientPaths.Token(_directory.Path), token, FileProtection.OwnerOnly, CancellationToken.None);
    }
}
