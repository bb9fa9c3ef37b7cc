using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Enrolment;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using McpTunnel.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Enrolment;

/// <summary>A client enrols at a real edge, and at things that are not one.</summary>
public sealed class ClientEnrolmentTests
{
    private const string Domain = "tunnel.example.com";

    private static readonly Uri EdgeAddress = new($"https://{Domain}");

    private ScratchDirectory _directory = null!;
    private TunnelEdge _edge = null!;
    private X509Certificate2Collection _edgeCa = null!;
    private TunnelRecord _tunnel = null!;
    private NewToken _token = null!;

    private string State => _directory["client"];

    [SetUp]
    public async Task StartEdge()
    {
        _directory = new ScratchDirectory();
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = Domain, StateDirectory = _directory["edge"] }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        _edge = await TunnelEdge.StartAsync(
            new EdgeOptions
            {
                Domain = Domain,
                State = _directory["edge"],
                Listen = [new HostEndPoint("127.0.0.1", 0)],
                Management = new HostEndPoint("127.0.0.1", 0),
            },
            NullLoggerFactory.Instance);
        _edgeCa = [.. await CertificateFile.ReadChainAsync(made.EdgeCaFile!, CancellationToken.None)];
        _tunnel = await _edge.Services.GetRequiredService<ITunnelRegistry>().CreateAsync("acme", Domain, AdminActor.Local, CancellationToken.None);
        _token = await IssueAsync();
    }

    [TearDown]
    public async Task StopEdge()
    {
        await _edge.DisposeAsync();
        _directory.Dispose();
    }

    [Test]
    public async Task Enrolment_leaves_key_certificate_token_and_record_with_their_permissions()
    {
        var record = await EnrolAsync();

        using var pair = await KeyedCertificate.LoadAsync(ClientPaths.LinkCertificate(State), ClientPaths.LinkKey(State), CancellationToken.None);
        var token = await GuardedFile.ReadSecretAsync(ClientPaths.Token(State), CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(record, Is.EqualTo(new EnrolmentRecord(_tunnel.Id, "acme", "acme.tunnel.example.com", "https://tunnel.example.com", pair.NotAfter)));
            Assert.That(LinkCertificateName.TunnelIdOf(pair.Chain[0]), Is.EqualTo(_tunnel.Id));
            Assert.That(token.Reveal(), Is.EqualTo(_token.Token.Reveal()));
            Assert.That(Entries(), Is.EqualTo(["enrolment.json", "link.key", "link.pem", "token"]));
            Assert.That(File.ReadAllText(ClientPaths.Enrolment(State)), Does.Not.Contain(_token.Token.Reveal()));
        });
        Assert.That(await EnrolmentRecord.ReadAsync(State, CancellationToken.None), Is.EqualTo(record));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(Convert.ToString((int)File.GetUnixFileMode(State), 8), Is.EqualTo("700"));
        }
    }

    [Test]
    public async Task Enrolling_again_replaces_everything_and_takes_another_key()
    {
        await EnrolAsync();
        var key = await File.ReadAllTextAsync(ClientPaths.LinkKey(State));

        await EnrolAsync();

        Assert.That(await File.ReadAllTextAsync(ClientPaths.LinkKey(State)), Is.Not.EqualTo(key));
        using var pair = await KeyedCertificate.LoadAsync(ClientPaths.LinkCertificate(State), ClientPaths.LinkKey(State), CancellationToken.None);
        Assert.That(Entries(), Has.Exactly(4).Items);
    }

    [Test]
    public async Task A_refusal_arrives_with_its_code_and_leaves_the_enrolment_before_as_it_was()
    {
        await EnrolAsync();
        var before = Contents();
        await _edge.Services.GetRequiredService<ICredentialRegistry>().RevokeTokenAsync(_tunnel.Id, _token.Record.Id, AdminActor.Local, CancellationToken.None);

        var refused = await AssertFault(EnrolmentFault.Refused, () => EnrolAsync());

        Assert.That((refused.Code, refused.IsRetryable), Is.EqualTo(((TunnelCode?)TunnelCode.TokenRevoked, false)));
        Assert.That(refused.Message, Does.Contain("token_revoked").And.Contain(Domain));
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    public async Task An_edge_of_an_authority_that_is_not_trusted_gets_no_token()
    {
        using var stranger = ServerCa.CreateForEdge(Domain, TimeProvider.System);

        var refused = await AssertFault(EnrolmentFault.CertificateNotTrusted, () => EnrolAsync(authorities: [stranger.Certificate]));

        Assert.That(refused.Message, Does.Contain("--ca-file").And.Contain("McpTunnel edge CA tunnel.example.com"));
        Assert.That(Entries(), Is.Empty);
    }

    [Test]
    public async Task A_certificate_for_another_name_is_told_from_one_that_is_not_trusted()
    {
        using var ca = ServerCa.CreateForEdge("example.com", TimeProvider.System);
        using var other = ca.IssueServerCertificate(["other.example.com"]);
        var asked = false;
        await using var server = await OneAnswerServer.StartAsync(other, _ =>
        {
            asked = true;
            return Task.CompletedTask;
        });

        var refused = await AssertFault(EnrolmentFault.NameMismatch, () => EnrolAsync(authorities: [ca.Certificate], connectTo: server.EndPoint));

        Assert.That(refused.Message, Does.Contain("other.example.com").And.Contain(Domain));
        Assert.That(asked, Is.False, "The token must not reach it.");
    }

    /// <summary>So does an edge end the handshake for a name that is not its own. What it meant is in the innermost of several exceptions.</summary>
    [Test]
    public async Task An_end_of_the_TLS_handshake_is_told_with_its_reason()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync();

        var refused = await AssertFault(EnrolmentFault.TlsFailed, () => EnrolAsync(connectTo: (IPEndPoint)listener.LocalEndpoint));

        await answering;
        Assert.That(refused.Message, Does.Contain("own domain").And.Contain(Domain).And.Not.Contain("see inner exception"));

        async Task AnswerAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync(new byte[] { 0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 112 });
            client.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(new byte[4096]) > 0)
            {
            }
        }
    }

    [TestCase(200, "{}")]
    [TestCase(200, "<html>")]
    [TestCase(404, "<html>not here</html>")]
    [TestCase(401, "{\"error\":\"something else\"}")]
    [TestCase(302, "")]
    public async Task An_answer_that_is_no_edges_is_told_from_a_refusal(int status, string body)
    {
        using var ca = ServerCa.CreateForEdge(Domain, TimeProvider.System);
        using var certificate = ca.IssueServerCertificate([Domain]);
        await using var server = await OneAnswerServer.StartAsync(certificate, context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "https://elsewhere.example/";
            return context.Response.WriteAsync(body);
        });

        await AssertFault(EnrolmentFault.AnswerInvalid, () => EnrolAsync(authorities: [ca.Certificate], connectTo: server.EndPoint));

        Assert.That(Entries(), Is.Empty);
    }

    [Test]
    public async Task An_endless_answer_is_given_up()
    {
        using var ca = ServerCa.CreateForEdge(Domain, TimeProvider.System);
        using var certificate = ca.IssueServerCertificate([Domain]);
        await using var server = await OneAnswerServer.StartAsync(certificate, async context =>
        {
            var spaces = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(spaces, context.RequestAborted);
            }
        });

        await AssertFault(EnrolmentFault.AnswerInvalid, () => EnrolAsync(authorities: [ca.Certificate], connectTo: server.EndPoint));
    }

    [Test]
    public async Task A_port_where_nothing_listens_is_worth_another_try()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var endPoint = closed.LocalEndpoint;
        closed.Stop();

        var refused = await AssertFault(EnrolmentFault.Unreachable, () => EnrolAsync(connectTo: endPoint));

        Assert.That(refused.IsRetryable, Is.True);
    }

    [Test]
    public async Task A_token_that_was_cut_off_is_not_sent()
    {
        var called = false;

        await AssertFault(EnrolmentFault.TokenMalformed, () => Enroller.EnrolAsync(
            EdgeAddress,
            new Secret(_token.Token.Reveal()[..^3]),
            State,
            (_, _) =>
            {
                called = true;
                throw new InvalidOperationException();
            },
            CancellationToken.None));

        Assert.That(called, Is.False);
        Assert.That(Directory.Exists(State), Is.False);
    }

    [Test]
    public async Task An_answer_for_another_key_or_tunnel_is_not_stored()
    {
        using var http = new EnrolmentHttp(EdgeAddress, _edgeCa, Address());
        EnrolmentAnswer? replayed = null;
        await Enroller.EnrolAsync(EdgeAddress, Token(), _directory["first"], async (call, cancellationToken) => replayed = await http.CallAsync(call, cancellationToken), CancellationToken.None);

        await AssertFault(EnrolmentFault.AnswerInvalid, () => AnswerAsync((_, _) => Task.FromResult(replayed!)));
        await AssertFault(EnrolmentFault.AnswerInvalid, () => AnswerAsync(async (call, cancellationToken) =>
            await http.CallAsync(call, cancellationToken) with { Tunnel = TunnelId.Create(new byte[10]) }));
        await AssertFault(EnrolmentFault.AnswerInvalid, () => AnswerAsync(async (call, cancellationToken) =>
            await http.CallAsync(call, cancellationToken) with { Certificate = "none" }));

        Assert.That(Entries(), Is.Empty);

        Task AnswerAsync(Func<EnrolmentCall, CancellationToken, Task<EnrolmentAnswer>> call) =>
            Enroller.EnrolAsync(EdgeAddress, Token(), State, call, CancellationToken.None);
    }

    [TestCase("http://tunnel.example.com")]
    [TestCase("https://tunnel.example.com/path")]
    [TestCase("https://user@tunnel.example.com")]
    public void An_address_that_is_no_edges_is_refused_at_once(string address) => Assert.That(
        () => new EnrolmentHttp(new Uri(address)),
        Throws.InstanceOf<EnrolmentException>().With.Property(nameof(EnrolmentException.Fault)).EqualTo(EnrolmentFault.AddressInvalid));

    private static async Task<EnrolmentException> AssertFault(EnrolmentFault fault, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<EnrolmentException>(act);
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.ToString());
        return exception;
    }

    private async Task<EnrolmentRecord> EnrolAsync(X509Certificate2Collection? authorities = null, EndPoint? connectTo = null)
    {
        using var http = new EnrolmentHttp(EdgeAddress, authorities ?? _edgeCa, connectTo ?? Address());
        return await Enroller.EnrolAsync(EdgeAddress, Token(), State, http.CallAsync, CancellationToken.None);
    }

    private IPEndPoint Address() => new(IPAddress.Loopback, _edge.Port);

    private Secret Token() => new(_token.Token.Reveal());

    private Task<NewToken> IssueAsync() => _edge.Services.GetRequiredService<ICredentialRegistry>()
        .IssueTokenAsync(_tunnel.Id, lifetime: null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);

    private IEnumerable<string?> Entries() =>
        Directory.Exists(State) ? Directory.EnumerateFileSystemEntries(State).Select(Path.GetFileName).Order() : [];

    private Dictionary<string, string> Contents() => Directory.EnumerateFiles(State).ToDictionary(file => file, File.ReadAllText);
}
