namespace McpTunnel.Client.Enrolment;

/// <summary>What goes over the wire. Lives only as long as it takes to write it.</summary>
internal sealed record EnrolmentBody(string Token, string Csr)
{
    /// <summary>The token stays out of any text of this.</summary>
    public override string ToString() => nameof(EnrolmentBody);
}
