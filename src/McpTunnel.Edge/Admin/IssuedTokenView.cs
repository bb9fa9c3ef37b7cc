using System.Text;

namespace McpTunnel.Edge.Admin;

/// <param name="Token">The token: shown once, kept nowhere.</param>
/// <param name="Record">What the edge keeps of it.</param>
/// <param name="LinksClosed">Live links that ended because their token did.</param>
internal sealed record IssuedTokenView(string Token, TokenView Record, int LinksClosed)
{
    /// <summary>The token stays out of any text of this.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Record = ").Append(Record);
        return true;
    }
}
