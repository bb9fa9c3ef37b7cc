namespace McpTunnel.Edge.Enrolment;

/// <summary>What a client gets.</summary>
/// <param name="Tunnel">The tunnel's id.</param>
/// <param name="Label">The tunnel's label.</param>
/// <param name="Domain">The domain the tunnel serves; server certificates name what is below it.</param>
/// <param name="Certificate">The link certificate and its issuers, PEM, end-entity certificate first.</param>
/// <param name="NotAfter">The end of the certificate's validity.</param>
internal sealed record EnrolmentAnswer(string Tunnel, string Label, string Domain, string Certificate, DateTimeOffset NotAfter);
