using McpTunnel.Protocol.Names;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Registry;

public sealed class CredentialRegistryTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private MemoryRegistry _memory = null!;
    private TunnelRecord _tunnel = null!;

    private ICredentialRegistry Credentials => _memory.Registry.Credentials;

    [SetUp]
    public async Task Open()
    {
        _memory = await MemoryRegistry.OpenAsync();
        _tunnel = await _memory.Registry.Tunnels.CreateAsync("acme", "tunnel.example.com", AdminActor.Local, CancellationToken.None);
    }

    [TearDown]
    public async Task Close() => await _memory.DisposeAsync();

    [Test]
    public async Task IssueTokenAsync_stores_the_hash_and_nothing_else_of_the_token()
    {
        var issued = await Issue();

        var found = await Find(issued.Token.Hash);
        Assert.Multiple(() =>
        {
            Assert.That(issued.Token.TunnelId, Is.EqualTo(_tunnel.Id));
            Assert.That(found, Is.EqualTo(issued.Record));
            Assert.That(issued.Record.ToString(), Does.Not.Contain(issued.Token.Reveal()));
            Assert.That(issued.ToString(), Does.Not.Contain(issued.Token.Reveal()[^20..]));
        });
    }

    [Test]
    public async Task IssueTokenAsync_keeps_the_current_token_valid_for_the_overlap_and_no_longer()
    {
        var first = await Issue();
        var second = await Issue(overlap: Day);

        await AssertValid(first, true);
        await AssertValid(second, true);
        _memory.Time.Advance(Day - TimeSpan.FromMilliseconds(1));
        await AssertValid(first, true);
        _memory.Time.Advance(TimeSpan.FromMilliseconds(1));
        await AssertValid(first, false);
        await AssertValid(second, true);
    }

    [Test]
    public async Task IssueTokenAsync_leaves_at_most_two_valid()
    {
        var first = await Issue();
        var second = await Issue(overlap: Day);
        var third = await Issue(overlap: Day);

        await AssertValid(first, false);
        await AssertValid(second, true);
        await AssertValid(third, true);
    }

    [Test]
    public async Task IssueTokenAsync_without_overlap_ends_the_current_token_at_once()
    {
        var first = await Issue();
        await Issue(overlap: TimeSpan.Zero);

        await AssertValid(first, false);
    }

    [Test]
    public async Task IssueTokenAsync_never_prolongs_a_token_by_its_overlap()
    {
        var first = await Issue(lifetime: TimeSpan.FromHours(1));
        await Issue(overlap: Day);

        _memory.Time.Advance(TimeSpan.FromHours(1));

        await AssertValid(first, false);
    }

    [Test]
    public async Task IssueTokenAsync_bounds_overlap_and_lifetime()
    {
        await Issue(overlap: TimeSpan.FromDays(90));
        await AssertFault(RegistryFault.OutOfRange, () => Issue(overlap: TimeSpan.FromDays(90) + TimeSpan.FromTicks(1)));
        await AssertFault(RegistryFault.OutOfRange, () => Issue(overlap: TimeSpan.FromTicks(-1)));
        await AssertFault(RegistryFault.OutOfRange, () => Issue(lifetime: TimeSpan.Zero));
        await Issue(lifetime: TimeSpan.FromDays(3653));
        await AssertFault(RegistryFault.OutOfRange, () => Issue(lifetime: TimeSpan.FromDays(3653) + TimeSpan.FromTicks(1)));
    }

    [Test]
    public async Task RevokeTokenAsync_ends_a_token_for_good()
    {
        var issued = await Issue();

        var revoked = await Credentials.RevokeTokenAsync(_tunnel.Id, issued.Record.Id, AdminActor.Local, CancellationToken.None);

        Assert.That(revoked.Revoked, Is.EqualTo(_memory.Time.GetUtcNow()));
        await AssertValid(issued, false);
        _memory.Time.Advance(Day);
        var again = await Credentials.RevokeTokenAsync(_tunnel.Id, issued.Record.Id, AdminActor.Local, CancellationToken.None);
        Assert.That(again, Is.EqualTo(revoked), "The first time counts.");
    }

    [Test]
    public async Task RevokeTokenAsync_of_another_tunnels_token_is_refused()
    {
        var other = await _memory.Registry.Tunnels.CreateAsync("other", "tunnel.example.com", AdminActor.Local, CancellationToken.None);
        var issued = await Issue();

        await AssertFault(
            RegistryFault.NotFound, () => Credentials.RevokeTokenAsync(other.Id, issued.Record.Id, AdminActor.Local, CancellationToken.None));

        await AssertValid(issued, true);
    }

    [Test]
    public async Task An_archived_tunnel_gets_neither_token_nor_certificate()
    {
        await _memory.Registry.Tunnels.ArchiveAsync(_tunnel.Id, AdminActor.Local, CancellationToken.None);

        await AssertFault(RegistryFault.Archived, () => Issue());
        await AssertFault(RegistryFault.Archived, () => Credentials.AddCertificateAsync(Certificate("01"), AdminActor.Local, CancellationToken.None));
    }

    [Test]
    public async Task Certificates_are_found_by_fingerprint_and_revoked_by_serial()
    {
        var certificate = Certificate("01ab");
        await Credentials.AddCertificateAsync(certificate, AdminActor.Local, CancellationToken.None);

        var found = await Credentials.FindCredentialsAsync(_tunnel.Id, new string('0', 64), certificate.Fingerprint, CancellationToken.None);
        Assert.That(found.Certificate, Is.EqualTo(certificate));
        Assert.That(found.Token, Is.Null);

        var revoked = await Credentials.RevokeCertificateAsync(_tunnel.Id, "01ab", AdminActor.Local, CancellationToken.None);
        Assert.That(revoked.Revoked, Is.EqualTo(_memory.Time.GetUtcNow()));
        found = await Credentials.FindCredentialsAsync(_tunnel.Id, new string('0', 64), certificate.Fingerprint, CancellationToken.None);
        Assert.That(found.Certificate, Is.EqualTo(revoked));
    }

    [Test]
    public async Task ListTokensAsync_gives_every_token_once_newest_first_over_pages()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, (await Issue()).Record.Id);
        }

        var listed = new List<string>();
        string? after = null;
        do
        {
            var page = await Credentials.ListTokensAsync(_tunnel.Id, new PageRequest(2, after), CancellationToken.None);
            listed.AddRange(page.Items.Select(token => token.Id));
            after = page.Next;
        }
        while (after is not null);

        Assert.That(listed, Is.EqualTo(ids));
        await AssertFault(
            RegistryFault.OutOfRange, () => Credentials.ListTokensAsync(_tunnel.Id, new PageRequest(2, "x' OR 1=1"), CancellationToken.None));
    }

    [Test]
    public async Task Every_change_is_in_the_admin_audit_log_and_no_token_is()
    {
        var issued = await Issue();
        await Credentials.RevokeTokenAsync(_tunnel.Id, issued.Record.Id, new AdminActor("adk_x", "Ops", "192.0.2.1"), CancellationToken.None);

        var log = (await _memory.Registry.Administration.ListAuditAsync(PageRequest.First, CancellationToken.None)).Items;

        Assert.Multiple(() =>
        {
            Assert.That(log.Select(entry => entry.Action), Is.EqualTo(["token.revoke", "token.issue", "tunnel.create"]));
            Assert.That(log[0], Has.Property(nameof(AdminAuditRecord.ActorId)).EqualTo("adk_x")
                .And.Property(nameof(AdminAuditRecord.Address)).EqualTo("192.0.2.1")
                .And.Property(nameof(AdminAuditRecord.TunnelId)).EqualTo(_tunnel.Id));
            Assert.That(string.Join('\n', log), Does.Not.Contain(issued.Token.Reveal()));
        });
    }

    private Task<NewToken> Issue(TimeSpan? lifetime = null, TimeSpan overlap = default) =>
        Credentials.IssueTokenAsync(_tunnel.Id, lifetime, overlap, AdminActor.Local, CancellationToken.None);

    private async Task<TunnelTokenRecord?> Find(string hash) =>
        (await Credentials.FindCredentialsAsync(_tunnel.Id, hash, null, CancellationToken.None)).Token;

    private async Task AssertValid(NewToken issued, bool valid) =>
        Assert.That((await Find(issued.Token.Hash))!.IsValid(_memory.Time.GetUtcNow()), Is.EqualTo(valid));

    private LinkCertificateRecord Certificate(string serial)
    {
        var now = _memory.Time.GetUtcNow();
        return new LinkCertificateRecord(_tunnel.Id, serial, SecretText.Hash(serial), now, now.AddDays(30), now, null);
    }

    private static async Task AssertFault(RegistryFault fault, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<RegistryException>(act);
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.Message);
    }
}
