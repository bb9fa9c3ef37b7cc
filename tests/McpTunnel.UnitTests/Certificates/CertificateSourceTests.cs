using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Live;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

[UnsupportedOSPlatform("windows")]
public sealed class CertificateSourceTests
{
    private ScratchDirectory _directory = null!;
    private FakeTimeProvider _time = null!;
    private ServerCa _ca = null!;

    [SetUp]
    public void Make()
    {
        _directory = new ScratchDirectory();
        _time = new FakeTimeProvider(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));
        _ca = ServerCa.CreateForTunnel("a.example", _time);
    }

    [TearDown]
    public void Remove()
    {
        _ca.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task A_changed_pair_is_served_after_two_looks_that_agree()
    {
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();
        var first = source.Context;
        Write(Issue("two.a.example"));

        Assert.That(await source.LookAsync(CancellationToken.None), Is.False, "It may still be being written.");
        Assert.That(source.Context, Is.SameAs(first));
        Assert.That(await source.LookAsync(CancellationToken.None), Is.True);

        Assert.That(Served(source), Is.EqualTo(["two.a.example"]));
        Assert.That(source.Context.TargetCertificate.HasPrivateKey, Is.True);
        Assert.That(first.TargetCertificate.Subject, Does.Contain("one.a.example"), "Handshakes that began with it go on.");
    }

    [Test]
    public async Task F33_A_file_that_changes_at_every_look_is_not_taken_before_it_rests()
    {
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();

        for (var i = 0; i < 5; i++)
        {
            Write(Issue($"s{i}.a.example"));
            await source.LookAsync(CancellationToken.None);
        }

        Assert.That(Served(source), Is.EqualTo(["one.a.example"]));
        await source.LookAsync(CancellationToken.None);
        Assert.That(Served(source), Is.EqualTo(["s4.a.example"]));
    }

    [Test]
    public async Task The_poll_looks_by_itself()
    {
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();
        var changed = new TaskCompletionSource<CertificateSourceStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        source.Changed += changed.SetResult;
        Write(Issue("two.a.example"));

        await Eventually.ThatAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(2));
                return changed.Task.IsCompleted;
            },
            "the changed certificate is served");

        Assert.That((await changed.Task).Served.DnsNames, Is.EqualTo(["two.a.example"]));
    }

    [Test]
    public async Task The_poll_goes_on_after_a_handler_that_throws()
    {
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();
        source.Changed += _ => throw new InvalidOperationException("a defect elsewhere");

        foreach (var name in new[] { "two.a.example", "three.a.example" })
        {
            Write(Issue(name));
            await Eventually.ThatAsync(
                () =>
                {
                    _time.Advance(TimeSpan.FromSeconds(2));
                    return Served(source).Contains(name);
                },
                $"{name} is served");
        }
    }

    [TestCase("empty certificate", CertificateFault.Empty)]
    [TestCase("empty key", CertificateFault.Empty)]
    [TestCase("partial certificate", CertificateFault.Malformed)]
    [TestCase("partial key", CertificateFault.Malformed)]
    [TestCase("garbage", CertificateFault.Malformed)]
    [TestCase("oversized", CertificateFault.TooLarge)]
    [TestCase("certificate of another key", CertificateFault.KeyMismatch)]
    [TestCase("key of another certificate", CertificateFault.KeyMismatch)]
    [TestCase("expired", CertificateFault.Expired)]
    [TestCase("not yet valid", CertificateFault.NotYetValid)]
    [TestCase("missing certificate", CertificateFault.FileMissing)]
    [TestCase("missing key", CertificateFault.FileMissing)]
    [TestCase("loose key", CertificateFault.PermissionsTooLoose)]
    [TestCase("directory", CertificateFault.NotARegularFile)]
    [TestCase("certificate and key swapped", CertificateFault.Malformed)]
    public async Task F33_Bad_files_are_reported_and_the_last_good_certificate_stays(string change, CertificateFault fault)
    {
        Requires.Linux();
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();
        var reports = new List<CertificateSourceStatus>();
        source.Changed += reports.Add;

        Spoil(change);
        for (var look = 0; look < 4; look++)
        {
            Assert.That(await source.LookAsync(CancellationToken.None), Is.False);
        }

        Assert.Multiple(() =>
        {
            Assert.That(Served(source), Is.EqualTo(["one.a.example"]));
            Assert.That(source.Status.Fault, Is.EqualTo(fault), source.Status.Problem);
            Assert.That(source.Status.Problem, Does.Contain(_directory.Path));
            Assert.That(reports, Has.Count.EqualTo(1), "Said once, not at every look.");
            Assert.That(() => source.Context.TargetCertificate.GetECDsaPrivateKey(), Is.Not.Null);
        });

        if (Directory.Exists(_directory["tls.crt"]))
        {
            Directory.Delete(_directory["tls.crt"]);
        }

        Write(Issue("mended.a.example"));
        await source.LookAsync(CancellationToken.None);
        Assert.That(await source.LookAsync(CancellationToken.None), Is.True);
        Assert.That((source.Status.Fault, Served(source)[0]), Is.EqualTo(((CertificateFault?)null, "mended.a.example")));
    }

    [Test]
    public async Task F33_Links_swapped_as_Kubernetes_does_give_the_new_pair()
    {
        Requires.Linux();
        Publish("..v1", Issue("one.a.example"));
        File.CreateSymbolicLink(_directory["tls.crt"], Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(_directory["tls.key"], Path.Combine("..data", "tls.key"));
        await using var source = await StartAsync();

        Publish("..v2", Issue("two.a.example"));
        Directory.Delete(_directory["..v1"], recursive: true);
        await source.LookAsync(CancellationToken.None);
        await source.LookAsync(CancellationToken.None);

        Assert.That(Served(source), Is.EqualTo(["two.a.example"]));
        Assert.That(source.Status.Fault, Is.Null);
    }

    [Test]
    public async Task Files_put_back_as_they_were_clear_the_report()
    {
        var good = Issue("one.a.example");
        Write(good);
        await using var source = await StartAsync();
        File.WriteAllText(_directory["tls.crt"], "");
        await source.LookAsync(CancellationToken.None);
        Assert.That(source.Status.Fault, Is.EqualTo(CertificateFault.Empty));

        Write(good);

        Assert.That(await source.LookAsync(CancellationToken.None), Is.True);
        Assert.That(source.Status.Fault, Is.Null);
    }

    [Test]
    public async Task StartAsync_with_bad_files_says_so_and_serves_nothing()
    {
        Write(Issue("one.a.example"));
        Spoil("certificate of another key");

        var exception = await Assert.ThrowsAsync<CertificateException>(() => StartAsync());

        Assert.That(exception!.Fault, Is.EqualTo(CertificateFault.KeyMismatch));
        Assert.That(exception.Message, Does.Contain(_directory["tls.key"]).And.Contain(_directory["tls.crt"]));
    }

    [Test]
    public async Task RefreshAsync_takes_a_good_pair_at_once()
    {
        Write(Issue("one.a.example"));
        await using var source = await StartAsync();
        Write(Issue("two.a.example"));

        Assert.That(await source.RefreshAsync(CancellationToken.None), Is.True);

        Assert.That(Served(source), Is.EqualTo(["two.a.example"]));
    }

    private static IReadOnlyList<string> Served(CertificateSource source) => source.Status.Served.DnsNames;

    private KeyedCertificate Issue(string name) => _ca.IssueServerCertificate([name]);

    private Task<CertificateSource> StartAsync() => CertificateSource.StartAsync(
        new CertificateSourceOptions { CertificateFile = _directory["tls.crt"], KeyFile = _directory["tls.key"] },
        _time,
        NullLogger<CertificateSource>.Instance,
        CancellationToken.None);

    private void Write(KeyedCertificate issued, string prefix = "")
    {
        _directory.Write(prefix + "tls.crt", issued.ChainPem);
        _directory.Write(prefix + "tls.key", issued.Key.ExportPem());
    }

    /// <summary>A new directory of data, and one rename that makes it current.</summary>
    private void Publish(string version, KeyedCertificate issued)
    {
        Write(issued, version + "/");
        File.CreateSymbolicLink(_directory["..tmp"], version);
        Rename(_directory["..tmp"], _directory["..data"]);
    }

    /// <summary>The system's own rename; the class library moves no link to a directory over another.</summary>
    private static void Rename(string from, string to)
    {
        using var move = Process.Start("mv", ["-T", from, to]);
        move.WaitForExit();
        Assert.That(move.ExitCode, Is.Zero);
    }

    private void Spoil(string change)
    {
        using var other = Issue("other.a.example");
        switch (change)
        {
            case "empty certificate":
                File.WriteAllText(_directory["tls.crt"], "");
                break;
            case "empty key":
                File.WriteAllText(_directory["tls.key"], "");
                break;
            case "partial certificate":
                File.WriteAllText(_directory["tls.crt"], other.ChainPem[..(other.ChainPem.Length / 2)]);
                break;
            case "partial key":
                File.WriteAllText(_directory["tls.key"], other.Key.ExportPem()[..100]);
                break;
            case "garbage":
                File.WriteAllText(_directory["tls.crt"], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
            case "oversized":
                File.WriteAllText(_directory["tls.crt"], other.ChainPem + new string('\n', 256 * 1024));
                break;
            case "certificate of another key":
                File.WriteAllText(_directory["tls.crt"], other.ChainPem);
                break;
            case "key of another certificate":
                File.WriteAllText(_directory["tls.key"], other.Key.ExportPem());
                break;
            case "expired":
                using (var expired = _ca.IssueServerCertificate(["old.a.example"], TimeSpan.FromHours(1)))
                {
                    Write(expired);
                    _time.Advance(TimeSpan.FromHours(2));
                }

                break;
            case "not yet valid":
                using (var future = ServerCa.CreateForTunnel("a.example", new FakeTimeProvider(_time.GetUtcNow().AddDays(1))))
                using (var notYet = future.IssueServerCertificate(["new.a.example"]))
                {
                    Write(notYet);
                }

                break;
            case "missing certificate":
                File.Delete(_directory["tls.crt"]);
                break;
            case "missing key":
                File.Delete(_directory["tls.key"]);
                break;
            case "loose key":
                Write(other);
                File.SetUnixFileMode(_directory["tls.key"], UnixFileMode.UserRead | UnixFileMode.OtherRead);
                break;
            case "directory":
                File.Delete(_directory["tls.crt"]);
                Directory.CreateDirectory(_directory["tls.crt"]);
                break;
            case "certificate and key swapped":
                File.WriteAllText(_directory["tls.crt"], other.Key.ExportPem());
                File.WriteAllText(_directory["tls.key"], other.ChainPem);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, null);
        }
    }
}
