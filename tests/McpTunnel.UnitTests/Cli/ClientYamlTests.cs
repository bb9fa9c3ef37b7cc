using System.Net;
using McpTunnel.Cli.Demo;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class ClientYamlTests
{
    [Test]
    public void Write_makes_a_configuration_that_the_client_takes()
    {
        using var scratch = new ScratchDirectory();
        var yaml = ClientYaml.Write(
            new Uri("https://tunnel.localhost:8443"),
            "/tmp/it's here/edge-ca.pem",
            new IPEndPoint(IPAddress.Loopback, 8443),
            scratch.Path,
            [UpstreamSpec.Parse("docs=http://127.0.0.1:3000/mcp"), UpstreamSpec.Parse("wiki=https://wiki.internal/sse")],
            "http://127.0.0.1:4000");

        var options = ClientConfiguration.Loader(new Dictionary<string, string>()).Load(scratch.Write("client.yaml", yaml)).Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.EdgeCaFile, Is.EqualTo("/tmp/it's here/edge-ca.pem"));
            Assert.That(options.Servers.Select(server => server.Upstream.AbsoluteUri), Is.EqualTo(new[] { "http://127.0.0.1:3000/mcp", "https://wiki.internal/sse" }));
            Assert.That(options.Servers.Select(server => server.Authentication.Mode), Is.All.EqualTo(AuthenticationMode.Jwt));
        });
    }
}
