using McpTunnel.Client.Configuration;
using McpTunnel.Configuration.Loading;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Configuration;

public sealed class ClientConfigurationTests
{
    private const string Head = "edge: https://tunnel.example.com\nstateDirectory: state\n";

    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Load_least_configuration_is_good()
    {
        var options = Load(Head + "servers:\n  - name: docs\n    upstream: http://10.0.0.5:3000\n    authentication: { mode: none }\n").Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.StateDirectory, Is.EqualTo(_directory["state"]));
            Assert.That(options.Servers.Single().EndpointPath, Is.EqualTo("/mcp"));
            Assert.That(options.Servers.Single().AllowedNetworks, Has.Count.EqualTo(5));
        });
    }

    [Test]
    public void Load_same_name_in_two_files_names_both_places()
    {
        _directory.Write("servers.d/a.yaml", "servers:\n  - name: docs\n    upstream: http://10.0.0.6/mcp\n    authentication: { mode: none }\n");

        var errors = Errors(Head + "servers:\n  - name: docs\n    upstream: http://10.0.0.5/mcp\n    authentication: { mode: none }\n");

        Assert.That(errors, Is.EqualTo(new[]
        {
            "servers.d/a.yaml:2:11: There are two servers named 'docs'; the first is at client.yaml:4:11. Give one of them another name, or remove it.",
        }));
    }

    [TestCase("name: Docs", "'Docs' for 'name' is not a DNS label")]
    [TestCase("upstream: ftp://10.0.0.5/", "does not start with http:// or https://")]
    [TestCase("upstream: http://user:pass@10.0.0.5/mcp", "carries a user name or password")]
    [TestCase("upstream: http://10.0.0.5/mcp?x=1", "has a query")]
    [TestCase("upstream: http://10.0.0.5/a//b", "The path '/a//b' is not one that requests may have")]
    [TestCase("upstream: http://10.0.0.5/a/../b", "The path '/a/../b' is not one that requests may have")]
    [TestCase("upstream: http://127.0.0.1:3000/mcp", "The upstream's address 127.0.0.1 is not in the server's allowed networks. Add it to 'allowedNetworks', for example 127.0.0.1/32")]
    [TestCase("upstream: http://[::1]:3000/mcp", "for example ::1/128")]
    [TestCase("upstream: http://8.8.8.8/mcp", "The upstream's address 8.8.8.8 is not")]
    [TestCase("upstreamCaFile: ca.pem", "The upstream has no TLS")]
    [TestCase("paths: [mcp]", "'mcp' for 'paths' is not a path")]
    [TestCase("paths: [/a/../b]", "'/a/../b' for 'paths' is not a path")]
    [TestCase("allowedNetworks: [10.0.0.1/8]", "is not a value for 'allowedNetworks'")]
    [TestCase("allowedNetworks: []", "has too few items")]
    [TestCase("allowedOrigins: [app.example.com]", "is not an origin")]
    [TestCase("allowedOrigins: [https://app.example.com/]", "is not an origin")]
    [TestCase("allowedOrigins: ['*']", "is not an origin")]
    [TestCase("responseTimeout: 500ms", "is too small")]
    [TestCase("connectTimeout: 3m", "is too large")]
    [TestCase("maxRequestBody: 2GiB", "is too large")]
    [TestCase("certificate: { keyFile: a.key }", "certificateFile and keyFile go together")]
    [TestCase("certificate: {}", "names no files")]
    [TestCase("authentication: { mode: jwt }", "The key 'issuer' is missing")]
    [TestCase("authentication: { mode: jtw }", "'jtw' is not a value for 'mode'. Did you mean 'jwt'")]
    [TestCase("authentication: { issuer: https://i.example }", "The key 'mode' is missing")]
    [TestCase("authentication: { mode: none, issuer: https://i.example }", "With mode 'none' nothing is checked")]
    [TestCase("authentication: { mode: jwt, issuer: http://i.example }", "would be fetched without TLS")]
    [TestCase("authentication: { mode: jwt, issuer: http://127.0.0.1:9000 }", "would be fetched without TLS")]
    [TestCase("authentication: { mode: jwt, issuer: https://i.example, requiredScopes: [offline_access] }", "'offline_access' asks for a refresh token")]
    [TestCase("authentication: { mode: jwt, issuer: https://i.example, requiredScopes: [a b] }", "A scope has no spaces")]
    public void Load_wrong_value_says_what_is_wrong(string line, string message)
    {
        var key = line.Split(':')[0];
        var lines = new[] { "name: docs", "upstream: http://10.0.0.5/mcp", "authentication: { mode: none }" }.Where(other => other.Split(':')[0] != key).Append(line);

        var errors = Errors(Head + "servers:\n  - " + string.Join("\n    ", lines) + "\n");

        Assert.That(errors, Has.Length.EqualTo(1).And.All.Contain(message).And.All.StartWith("client.yaml:"));
    }

    [TestCase("127.0.0.1:9000", "127.0.0.0/8")]
    [TestCase("[::1]:9000", "::1/128")]
    public void Load_issuer_without_TLS_on_named_loopback_is_good(string host, string network)
    {
        Assert.That(
            Errors(Head + $"servers: [{{ name: docs, upstream: http://10.0.0.5/mcp, authentication: {{ mode: jwt, issuer: 'http://{host}', issuerNetworks: ['{network}'] }} }}]\n"),
            Is.Empty);
    }

    [TestCase("edge: http://tunnel.example.com", "does not start with https://")]
    [TestCase("edge: https://tunnel.example.com/x", "has a path or query")]
    [TestCase("management: { listen: localhost:9464 }", "'localhost' is not an IP address")]
    [TestCase("certificate: { certificateFile: a.pem }", "certificateFile and keyFile go together")]
    [TestCase("limits: { maxRequestBody: 4 }", "is not a value for 'maxRequestBody'")]
    [TestCase("links: { count: 0 }", "is too small")]
    [TestCase("links: { count: 33 }", "is too large")]
    [TestCase("proxy: { url: proxy.example.com:3128 }", "is not the URL of an HTTP proxy")]
    [TestCase("proxy: { url: socks5://proxy.example.com }", "is not the URL of an HTTP proxy")]
    [TestCase("proxy: { url: http://proxy.example.com/path }", "has a path or query")]
    [TestCase("proxy: { url: none, credentialsFile: secret }", "Without a proxy the other keys mean nothing")]
    [TestCase("proxy: { credentialsFile: secret, systemCredentials: true }", "two sources of credentials")]
    [TestCase("proxy: { scheme: basic }", "The scheme is for credentialsFile")]
    [TestCase("proxy: { credentialsFile: secret, scheme: bearer }", "'bearer' is not a value for 'scheme'")]
    [TestCase("proxy: { bypass: [a b] }", "is no host, domain or network")]
    public void Load_wrong_value_of_the_client_says_what_is_wrong(string line, string message)
    {
        var head = line.StartsWith("edge", StringComparison.Ordinal) ? "stateDirectory: state\n" : Head;

        Assert.That(Errors(head + line + "\n"), Has.Length.EqualTo(1).And.All.Contain(message));
    }

    [TestCase("proxy: { url: 'http://svc:hunter2@proxy.example.com:3128' }", "carries credentials")]
    [TestCase("proxy: { url: 'http://svc:hun/ter2@proxy.example.com:3128' }", "is not the URL of an HTTP proxy")]
    [TestCase("edge: 'https://svc:hunter2@tunnel.example.com'", "carries a user name or password")]
    public void Load_password_in_a_URL_is_refused_without_showing_it(string line, string message)
    {
        var head = line.StartsWith("edge", StringComparison.Ordinal) ? "stateDirectory: state\n" : Head;

        Assert.That(Errors(head + line + "\n"), Has.Length.EqualTo(1).And.All.Contain(message).And.All.Not.Contain("ter2"));
    }

    [Test]
    public void Load_file_of_an_owner_may_have_servers_alone()
    {
        _directory.Write("servers.d/a.yaml", "edge: https://evil.example\n");

        Assert.That(Errors(Head), Is.EqualTo(new[] { "servers.d/a.yaml:1:1: The key 'edge' is not known in this file. Known here: servers." }));
    }

    [Test]
    public void Load_servers_at_the_limit_are_read_and_one_more_refused()
    {
        string Servers(int count) => "servers:\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"  - {{ name: s{i}, upstream: http://10.0.0.5/mcp, authentication: {{ mode: none }} }}\n"));

        Assert.Multiple(() =>
        {
            Assert.That(Errors(Head + Servers(ClientLimits.MaxServers)), Is.Empty);
            Assert.That(Errors(Head + Servers(ClientLimits.MaxServers + 1)), Has.Length.GreaterThanOrEqualTo(1).And.All.Contain("servers"));
        });
    }

    [Test]
    public void As_many_servers_as_may_be_configured_fit_into_a_hello()
    {
        var servers = Enumerable.Range(0, ClientLimits.MaxServers).Select(i => new AnnouncedServer($"{i:d3}{new string('s', 60)}")).ToList();

        Assert.That(() => ControlWriter.ToLine(new ServersMessage(servers)), Throws.Nothing);
    }

    private ConfigurationResult<ClientOptions> Load(string text) =>
        ClientConfiguration.Loader(new Dictionary<string, string>()).Load(_directory.Write("client.yaml", text));

    private string[] Errors(string text) => [.. Load(text).Errors.Select(error => error.ToString().Replace(_directory.Path + "/", ""))];
}
