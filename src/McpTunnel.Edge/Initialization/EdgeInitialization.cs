using McpTunnel.Configuration.Values;

namespace McpTunnel.Edge.Initialization;

/// <summary>What <c>edge init</c> is asked to make.</summary>
public sealed record EdgeInitialization
{
    /// <summary>The edge's domain; agents reach <c>&lt;server&gt;.&lt;label&gt;.&lt;domain&gt;</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>The directory to make; it may exist if it is empty.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Addresses and ports to listen on, such as <c>0.0.0.0:8443</c>; empty for the default.</summary>
    public IReadOnlyList<HostEndPoint> Listen { get; init; } = [];

    /// <summary>The certificate of the edge's own names, PEM, if there is one already; set together with <see cref="KeyFile"/>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }
}
