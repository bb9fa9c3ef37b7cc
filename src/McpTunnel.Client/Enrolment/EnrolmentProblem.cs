namespace McpTunnel.Client.Enrolment;

/// <summary>A problem document (RFC 9457) of an edge.</summary>
internal sealed record EnrolmentProblem(string? Code, string? Detail, bool Retryable);
