using McpTunnel.Configuration.Loading;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Configuration;

public sealed class EdgeOptionsTests
{
    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Load_only_the_domain_has_every_default()
    {
        var options = Load("domain: tunnel.example.com\n").Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.Listen, Is.EqualTo(new[] { new HostEndPoint("::", 443) }));
            Assert.That(options.Management, Is.EqualTo(new HostEndPoint("127.0.0.1", 9465)));
            Assert.That(options.Limits.ClientHelloTimeout, Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(options.Limits.StreamIdleTimeout, Is.Null);
        });
    }

    [Test]
    public void Load_relative_paths_count_from_the_file()
    {
        var options = Load("domain: t.example\nstate: state\ncertificate: { certificateFile: a.pem, keyFile: a.key }\n").Require();

        Assert.That(options.State, Is.EqualTo(Path.Combine(_directory.Path, "state")));
        Assert.That(EdgePaths.Certificate(options), Is.EqualTo(Path.Combine(_directory.Path, "a.pem")));
        Assert.That(EdgePaths.TunnelCa(options), Is.EqualTo(Path.Combine(_directory.Path, "state", "tunnel-ca.pem")));
    }

    [Test]
    public void Load_every_mistake_is_reported_at_once_with_its_line()
    {
        var errors = Load("""
            domain: Tunnel.Example
            listen: ["example.com:443", "127.0.0.1:9465", "127.0.0.1:9465"]
            management: 127.0.0.1:9465
            node: "edge 1"
            certificate: { keyFile: a.key }
            limits:
              linksPerInstance: 300
              links: 50000
              clientHelloSize: 80KiB
              clientHelloTimeout: 10
            speed: fast
            """).Errors;

        Assert.That(errors.Select(error => error.Location.Line).Order(), Is.EqualTo(new[] { 1, 2, 2, 3, 4, 5, 7, 8, 9, 10, 11 }));
    }

    [Test]
    public void Load_domain_at_the_longest_and_one_more()
    {
        var label = new string('a', 60);
        var longest = $"{label}.{label}.abc";
        Assert.That(longest, Has.Length.EqualTo(125));

        Assert.That(Load($"domain: {longest}\n").Errors, Is.Empty);
        Assert.That(Load($"domain: {longest}d\n").Errors, Has.Count.EqualTo(1));
    }

    [TestCase("clientHelloSize: 72KiB", 0)]
    [TestCase("clientHelloSize: 73KiB", 1)]
    [TestCase("pendingConnections: 1", 0)]
    [TestCase("pendingConnections: 0", 1)]
    public void Load_limits_at_their_bounds(string line, int errors) =>
        Assert.That(Load($"domain: t.example\nlimits:\n  {line}\n").Errors, Has.Count.EqualTo(errors));

    [Test]
    public void Other_nodes_are_named_once_each_with_a_port_to_dial()
    {
        var good = Load("domain: t.example\notherNodes: [{ node: edge-1, address: '192.0.2.1:443' }, { node: edge-2, address: 'link-2.t.example:8443' }]\n").Require();
        var bad = Load("domain: t.example\notherNodes: [{ node: edge 1, address: '192.0.2.1:0' }, { node: edge-2, address: 'a:1' }, { node: edge-2, address: 'b:1' }]\n");

        Assert.That(EdgeNodes.Besides("edge-1", good.OtherNodes), Is.EqualTo(new[] { new OtherNode("edge-2", "link-2.t.example:8443") }), "a node is not told of itself");
        Assert.That(EdgeNodes.Besides("edge-3", good.OtherNodes)[0].Authority, Is.EqualTo("192.0.2.1"));
        Assert.That(bad.Errors, Has.Count.EqualTo(3));
    }

    private ConfigurationResult<EdgeOptions> Load(string yaml) =>
        EdgeConfiguration.Loader(new Dictionary<string, string>()).Load(_directory.Write("edge.yaml", yaml));
}
