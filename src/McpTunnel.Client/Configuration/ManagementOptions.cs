using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Client.Configuration;

/// <summary>Where <c>/healthz</c>, <c>/readyz</c>, <c>/status</c> and <c>/metrics</c> are served, without TLS and without authentication.</summary>
public sealed record ManagementOptions
{
    [Option(
        "listen",
        "Address and port; port 0 takes any free one.",
        Reason = "Loopback: status names servers and upstreams. Another address only in a network that may know them.")]
    public HostEndPoint Listen { get; init; } = new("127.0.0.1", 9464);
}
