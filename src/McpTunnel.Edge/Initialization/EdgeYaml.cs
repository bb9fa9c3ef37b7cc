using System.Text.Json;

namespace McpTunnel.Edge.Initialization;

/// <summary>The configuration that <c>edge init</c> leaves.</summary>
internal static class EdgeYaml
{
    public static string Write(string domain, EdgeInitialization request)
    {
        var text = $"""
            # Configuration of a McpTunnel edge. docs/configuration-edge.md lists every option with its default and reason.
            # Run it with: mcptunnel edge run --config <this file>

            # Agents reach <server>.<label>.{domain}; tunnel clients dial link.{domain}.
            domain: {domain}

            # Registry, tunnel CA and admin key are beside this file.
            state: .

            """;
        if (request.Listen.Count > 0)
        {
            text += $"\nlisten: [{string.Join(", ", request.Listen.Select(address => Quote(address.ToString())))}]\n";
        }

        return request is { CertificateFile: { } certificateFile, KeyFile: { } keyFile }
            ? $"""
                {text}
                certificate:
                  certificateFile: {Quote(Path.GetFullPath(certificateFile))}
                  keyFile: {Quote(Path.GetFullPath(keyFile))}

                """
            : text;
    }

    /// <summary>A JSON string is a YAML string.</summary>
    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
