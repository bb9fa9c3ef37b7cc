using System.Text.Json;
using System.Text.Json.Serialization;
using McpTunnel.Registry.Administration;

namespace McpTunnel.Edge.Api;

/// <summary><c>viewer</c>, <c>administrator</c>.</summary>
internal sealed class AdminRoleConverter() : JsonStringEnumConverter<AdminRole>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
