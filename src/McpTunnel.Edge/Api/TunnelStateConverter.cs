using System.Text.Json;
using System.Text.Json.Serialization;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Edge.Api;

/// <summary><c>active</c>, <c>archived</c>.</summary>
internal sealed class TunnelStateConverter() : JsonStringEnumConverter<TunnelState>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
