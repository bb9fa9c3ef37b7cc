using McpTunnel.Protocol.Control;

namespace McpTunnel.Client.Enrolment;

/// <summary>What is sent to <c>POST /v1/enroll</c>.</summary>
/// <param name="Token">The tunnel token.</param>
/// <param name="Csr">A signing request for the link key, PEM.</param>
public sealed record EnrolmentCall(Secret Token, string Csr);
