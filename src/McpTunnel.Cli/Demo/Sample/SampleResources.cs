using System.ComponentModel;
using ModelContextProtocol.Server;

namespace McpTunnel.Cli.Demo.Sample;

/// <summary>One fixed resource and one template.</summary>
internal sealed class SampleResources
{
    [McpServerResource(UriTemplate = "sample://about", Name = "about", MimeType = "text/plain")]
    [Description("What this server is.")]
    public static string About() => "A sample MCP server behind an outbound-only tunnel.";

    [McpServerResource(UriTemplate = "sample://notes/{id}", Name = "note", MimeType = "text/plain")]
    [Description("A note by its number.")]
    public static string Note(string id) => $"Note {id}: nothing of importance.";
}
