using System.Text;

namespace McpTunnel.Edge.Admin;

/// <param name="Key">The key: shown once, kept nowhere.</param>
/// <param name="Record">What the edge keeps of it.</param>
internal sealed record IssuedAdminKeyView(string Key, AdminKeyView Record)
{
    /// <summary>The key stays out of any text of this.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Record = ").Append(Record);
        return true;
    }
}
