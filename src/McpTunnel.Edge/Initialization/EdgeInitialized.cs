namespace McpTunnel.Edge.Initialization;

/// <summary>What <c>edge init</c> made, or found made already. Full paths.</summary>
/// <param name="Made">False when the directory was initialized for this domain before; then nothing was changed.</param>
/// <param name="Domain">The edge's domain, lower case.</param>
/// <param name="ConfigurationFile">The configuration for <c>edge run</c>.</param>
/// <param name="AdminKeyFile">The first admin key.</param>
/// <param name="TunnelCaFile">The certificate of the tunnel CA.</param>
/// <param name="EdgeCaFile">The certificate that clients must trust to reach the edge; null when the edge's certificate was given.</param>
public sealed record EdgeInitialized(
    bool Made, string Domain, string ConfigurationFile, string AdminKeyFile, string TunnelCaFile, string? EdgeCaFile);
