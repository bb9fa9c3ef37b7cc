using McpTunnel.Certificates.Authorities;

namespace McpTunnel.Edge.Enrolment;

/// <summary>Bounds on enrolment.</summary>
public sealed record EnrolmentOptions
{
    /// <summary>
    /// Enrolments a second that one source may keep up; 1 by default: each costs a signature and a row, and a client enrols once a
    /// month.
    /// </summary>
    public double PerSourcePerSecond { get; init; } = 1;

    /// <summary>Enrolments that a source which was quiet may make at once; 30 by default: a fleet rolled out behind one address.</summary>
    public int Burst { get; init; } = 30;

    /// <summary>Sources remembered at a time; 10,000 by default, 2 MiB. Newcomers beyond that share the bucket of one.</summary>
    public int Sources { get; init; } = 10_000;

    /// <summary>Validity of a link certificate; 30 days by default.</summary>
    public TimeSpan CertificateValidity { get; init; } = Validity.Link;
}
