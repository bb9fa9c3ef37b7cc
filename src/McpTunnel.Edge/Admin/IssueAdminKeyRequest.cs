using McpTunnel.Registry.Administration;

namespace McpTunnel.Edge.Admin;

/// <param name="Name">Who or what will use the key.</param>
/// <param name="Role">What it may do.</param>
internal sealed record IssueAdminKeyRequest(string Name, AdminRole Role);
