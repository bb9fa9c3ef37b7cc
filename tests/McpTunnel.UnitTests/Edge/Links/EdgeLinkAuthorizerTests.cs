using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Certificates.Verification;
using McpTunnel.Edge;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Links;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport.Handshake;
using McpTunnel.UnitTests.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Links;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(30_000)]
public sealed class EdgeLinkAuthorizerTests
{
    private MemoryRegistry _memory = null!;
    private ServiceProvider _services = null!;
    private TunnelCa _authority = null!;
    private LinkCertificateVerifier _verifier = null!;
    private LinkDirectory _directory = null!;
    private EdgeNode _node = null!;
    private EdgeLinkAuthorizer _authorizer = null!;
    private X509Certificate2 _certificate = null!;
    private string _tunnel = null!;
    private NewToken _token = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        _memory = await MemoryRegistry.OpenAsync();
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _authority = TunnelCa.Create("tunnel.test", _memory.Time);
        _verifier = new LinkCertificateVerifier([_authority.Certificate], _memory.Time);
        _directory = new LinkDirectory(new DirectoryLimits(10, 4, 2, 10), metrics, NullLogger<LinkDirectory>.Instance);
        _node = new EdgeNode("edge-test") { Others = [new OtherNode("edge-2", "192.0.2.2")] };
        var registry = _memory.Registry;
        _authorizer = new EdgeLinkAuthorizer(
            new LinkCredentialChecker(_verifier, registry.Credentials, _memory.Time), _directory, _node, metrics, _memory.Time, NullLogger<EdgeLinkAuthorizer>.Instance);
        _tunnel = (await registry.Tunnels.CreateAsync("acme", "tunnel.test", AdminActor.Local, CancellationToken.None)).Id;
        _token = await registry.Credentials.IssueTokenAsync(_tunnel, null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);
        using var key = PrivateKey.Create();
        var issued = _authority.IssueLinkCertificate(SigningRequest.Parse(SigningRequest.Create(key, _tunnel)), _tunnel);
        _certificate = issued.Certificate;
        await registry.Credentials.AddCertificateAsync(
            new LinkCertificateRecord(_tunnel, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, _memory.Time.GetUtcNow(), Revoked: null),
            AdminActor.Local,
            CancellationToken.None);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        _certificate.Dispose();
        _node.Dispose();
        _verifier.Dispose();
        _authority.Dispose();
        await _services.DisposeAsync();
        await _memory.DisposeAsync();
    }

    [Test]
    public async Task AuthorizeAsync_good_credentials_are_accepted_and_the_link_is_filed(CancellationToken cancellationToken)
    {
        var request = Request();
        var decision = await _authorizer.AuthorizeAsync(request, cancellationToken);
        var link = new FakeLink(tunnel: _tunnel);
        _authorizer.Register(link, request, decision);

        Assert.That(decision.Refusal, Is.Null);
        Assert.That(decision.Domain, Is.EqualTo("acme.tunnel.test"));
        Assert.That(_directory.Find(_tunnel)!.Links.Single().Link, Is.SameAs(link));
    }

    [Test]
    public async Task AuthorizeAsync_bad_token_is_refused(CancellationToken cancellationToken)
    {
        var decision = await _authorizer.AuthorizeAsync(Request() with { Token = "mct_wrong" }, cancellationToken);

        Assert.That(decision.Refusal, Is.EqualTo(TunnelCode.TokenInvalid));
    }

    [Test]
    public async Task AuthorizeAsync_identity_that_is_taken_is_refused(CancellationToken cancellationToken)
    {
        _directory.Register(Directory.Entries.For(new FakeLink(tunnel: _tunnel, generation: 7)));

        Assert.That((await _authorizer.AuthorizeAsync(Request(generation: 7), cancellationToken)).Refusal, Is.EqualTo(TunnelCode.Replaced));
        Assert.That((await _authorizer.AuthorizeAsync(Request(generation: 8), cancellationToken)).Refusal, Is.Null);
    }

    [Test]
    public async Task AuthorizeAsync_names_the_other_nodes_of_the_edge(CancellationToken cancellationToken)
    {
        Assert.That((await _authorizer.AuthorizeAsync(Request(), cancellationToken)).OtherNodes, Is.EqualTo(_node.Others));
    }

    [Test]
    public async Task F24_link_that_was_let_in_before_the_links_were_told_to_leave_and_comes_after_that_is_refused(CancellationToken cancellationToken)
    {
        var request = Request();
        var decision = await _authorizer.AuthorizeAsync(request, cancellationToken);
        _directory.DrainAll(TunnelCode.EdgeDraining, "leaving", TimeSpan.Zero, TimeSpan.Zero);
        var late = _authorizer.Register(new FakeLink(tunnel: _tunnel), request, decision);

        Assert.That((decision.Refusal, late.Refusal), Is.EqualTo(((TunnelCode?)null, (TunnelCode?)TunnelCode.EdgeDraining)));
        Assert.That(late.Refusal!.Value.Info().Retryable, Is.True, "the client dials elsewhere");
        Assert.That(_directory.Find(_tunnel), Is.Null, "no agent is sent to it");
    }

    [Test]
    public async Task AuthorizeAsync_node_that_leaves_refuses(CancellationToken cancellationToken)
    {
        _node.BeginDrain();

        Assert.That((await _authorizer.AuthorizeAsync(Request(), cancellationToken)).Refusal, Is.EqualTo(TunnelCode.EdgeDraining));
    }

    [Test]
    public async Task Register_identity_taken_meanwhile_refuses_the_late_link(CancellationToken cancellationToken)
    {
        var request = Request(generation: 5);
        var decision = await _authorizer.AuthorizeAsync(request, cancellationToken);
        _directory.Register(Directory.Entries.For(new FakeLink(tunnel: _tunnel, generation: 6)));
        var late = new FakeLink(tunnel: _tunnel, generation: 5);

        Assert.That(_authorizer.Register(late, request, decision).Refusal, Is.EqualTo(TunnelCode.Replaced));
    }

    [Test]
    public async Task Register_token_revoked_meanwhile_closes_the_link(CancellationToken cancellationToken)
    {
        var request = Request();
        var decision = await _authorizer.AuthorizeAsync(request, cancellationToken);
        await _memory.Registry.Credentials.RevokeTokenAsync(_tunnel, _token.Record.Id, AdminActor.Local, cancellationToken);
        Assert.That(_directory.CloseLinksByToken(_token.Record.Hash, TunnelCode.TokenRevoked, "revoked"), Is.Zero, "The link is not there yet.");
        var link = new FakeLink(tunnel: _tunnel);

        _authorizer.Register(link, request, decision);

        await Eventually.ThatAsync(() => link.CloseRequest is not null, "the credentials are checked again");
        Assert.That(link.CloseRequest!.Code, Is.EqualTo(TunnelCode.TokenRevoked));
    }

    [Test]
    public async Task Register_revocation_of_another_token_leaves_the_link_alone(CancellationToken cancellationToken)
    {
        var request = Request();
        var decision = await _authorizer.AuthorizeAsync(request, cancellationToken);
        _directory.CloseLinksByToken("00", TunnelCode.TokenRevoked, "another one");
        var link = new FakeLink(tunnel: _tunnel);

        _authorizer.Register(link, request, decision);
        var again = await _authorizer.AuthorizeAsync(Request(generation: 2), cancellationToken);

        Assert.That(again.Refusal, Is.Null);
        Assert.That(link.CloseRequest, Is.Null);
        Assert.That(_directory.Find(_tunnel)!.Links, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Register_link_is_found_by_the_hashes_of_the_registry(CancellationToken cancellationToken)
    {
        var request = Request();
        var link = new FakeLink(tunnel: _tunnel);
        _authorizer.Register(link, request, await _authorizer.AuthorizeAsync(request, cancellationToken));
        var certificate = await _memory.Registry.Credentials.ListCertificatesAsync(_tunnel, new McpTunnel.Registry.PageRequest(10, After: null), cancellationToken);

        Assert.That(_directory.CloseLinksByToken(_token.Record.Hash, TunnelCode.TokenRevoked, "test"), Is.EqualTo(1));
        _directory.Register(Directory.Entries.For(new FakeLink(tunnel: _tunnel, generation: 9), certificate: certificate.Items[0].Fingerprint));
        Assert.That(_directory.CloseLinksByCertificate(CredentialDigests.Of(request).CertificateFingerprint, TunnelCode.CertificateRevoked, "test"), Is.EqualTo(1));
    }

    private LinkRequest Request(long generation = 1) =>
        new(_tunnel, _token.Token.Reveal(), "instance-1", 0, generation, "test/1", _certificate, "192.0.2.1");
}
