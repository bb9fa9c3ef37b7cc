namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>Where a connection comes from, as far as limits are concerned: its source, and the network that the source belongs to.</summary>
internal readonly record struct Origin(Source Source, Source Network);
