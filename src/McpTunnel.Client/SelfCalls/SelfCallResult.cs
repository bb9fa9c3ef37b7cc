namespace McpTunnel.Client.SelfCalls;

/// <summary>How far a client's call to itself came.</summary>
internal enum SelfCallResult
{
    /// <summary>Through a link of this process and back.</summary>
    Served,

    /// <summary>To the boundary of another instance of the tunnel that has the same certificate.</summary>
    Elsewhere,

    /// <summary>To whoever showed another certificate for the name: another instance, or somebody in between.</summary>
    OtherCertificate,

    /// <summary>Not to the edge.</summary>
    NoConnection,

    /// <summary>To the edge, which took the connection; nothing came back from beyond.</summary>
    Silent,

    /// <summary>To this client's TLS; its boundary did not answer.</summary>
    NoAnswer,
}
