using System.Text;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.ResourceMetadata;
using McpTunnel.Client.Routing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.ResourceMetadata;

public sealed class ResourceDocumentsTests
{
    [TestCase("http://10.0.0.5:3000/mcp", 443, "https://docs.acme.test/.well-known/oauth-protected-resource/mcp", "https://docs.acme.test/mcp")]
    [TestCase("http://10.0.0.5:3000", 443, "https://docs.acme.test/.well-known/oauth-protected-resource/mcp", "https://docs.acme.test/mcp")]
    [TestCase("http://10.0.0.5:3000/a/b", 8443, "https://docs.acme.test:8443/.well-known/oauth-protected-resource/a/b", "https://docs.acme.test:8443/a/b")]
    public void EndpointUrl_inserts_the_path_and_its_document_names_the_resource(string upstream, int port, string url, string resource)
    {
        var (address, documents) = Create(upstream, port);

        var document = Encoding.UTF8.GetString(documents.Find(new Uri(url).AbsolutePath)!);

        Assert.Multiple(() =>
        {
            Assert.That(documents.EndpointUrl, Is.EqualTo(url));
            Assert.That(address.Url, Is.EqualTo(resource));
            Assert.That(document, Is.EqualTo($$"""{"resource":"{{resource}}","authorization_servers":["https://issuer.test/tenant/"],"scopes_supported":["a","b"],"bearer_methods_supported":["header"]}"""));
        });
    }

    [TestCase("/.well-known/oauth-protected-resource/", false)]
    [TestCase("/.well-known/oauth-protected-resource/mcp/", false)]
    [TestCase("/.well-known/oauth-protected-resourcex", false)]
    [TestCase("/.well-known/oauth-protected-resource", true)]
    public void Find_knows_two_addresses(string path, bool found) =>
        Assert.That(Create("http://10.0.0.5/mcp", 443).Documents.Find(path) is not null, Is.EqualTo(found));

    private static (ServerAddress Address, ResourceDocuments Documents) Create(string upstream, int port)
    {
        var authentication = new AuthenticationOptions { Mode = AuthenticationMode.Jwt, Issuer = new Uri("https://issuer.test/tenant/"), RequiredScopes = ["a", "b"] };
        var address = ServerAddress.Of(new ServerOptions { Name = "docs", Upstream = new Uri(upstream), Authentication = authentication }, "acme.test", port);
        return (address, new ResourceDocuments(address, authentication));
    }
}
