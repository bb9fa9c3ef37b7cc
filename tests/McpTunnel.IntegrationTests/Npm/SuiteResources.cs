using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>Resources that the suite reads by URI.</summary>
internal sealed class SuiteResources
{
    [McpServerResource(UriTemplate = "test://static-text", Name = "static-text", MimeType = "text/plain")]
    public static string Text() => "This is the content of the static text resource.";

    [McpServerResource(UriTemplate = "test://static-binary", Name = "static-binary", MimeType = "image/png")]
    public static ResourceContents Binary() => BlobResourceContents.FromBytes(SuiteData.Png, "test://static-binary", "image/png");

    [McpServerResource(UriTemplate = "test://template/{id}/data", Name = "template", MimeType = "application/json")]
    public static string Template(string id) => $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""";
}
