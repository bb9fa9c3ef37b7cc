using McpTunnel.Protocol.Codes;

namespace McpTunnel.Client.Enrolment;

/// <summary>An enrolment that did not come about; nothing on disk was changed. The message says what and where, and what to do unless <see cref="Remedy"/> does; never a secret.</summary>
public sealed class EnrolmentException : Exception
{
    public EnrolmentException(EnrolmentFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>The reason, for programs.</summary>
    public EnrolmentFault Fault { get; }

    /// <summary>The edge that was asked, as host and port; null when none was.</summary>
    public string? Where { get; init; }

    /// <summary>What to do next; null where the message says it.</summary>
    public string? Remedy { get; init; }

    /// <summary>The edge's code, where it answered with one that this version knows.</summary>
    public TunnelCode? Code { get; init; }

    /// <summary>Whether the same call may succeed later without anybody changing anything.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>How long the edge asked to wait before that.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
