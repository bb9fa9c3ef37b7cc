using System.Text;

namespace McpTunnel.Edge.Enrolment;

/// <summary>What a client sends to get a link certificate.</summary>
/// <param name="Token">Its tunnel token.</param>
/// <param name="Csr">Its signing request, PEM.</param>
internal sealed record EnrolmentRequest(string Token, string Csr)
{
    /// <summary>The token stays out of any text of this.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Csr = ").Append(Csr.Length).Append(" characters");
        return true;
    }
}
