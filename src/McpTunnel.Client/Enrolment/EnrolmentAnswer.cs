namespace McpTunnel.Client.Enrolment;

/// <summary>What the edge answers to an accepted enrolment.</summary>
/// <param name="Tunnel">The tunnel's id.</param>
/// <param name="Label">Its label.</param>
/// <param name="Domain">The domain below which its servers are.</param>
/// <param name="Certificate">The link certificate and its issuers, PEM, end-entity certificate first.</param>
/// <param name="NotAfter">When the link certificate ends.</param>
public sealed record EnrolmentAnswer(string Tunnel, string Label, string Domain, string Certificate, DateTimeOffset NotAfter);
