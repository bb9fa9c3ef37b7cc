namespace McpTunnel.Edge.Handover;

/// <summary>
/// What two processes of one edge node tell each other while one takes over from the other. They may be of different versions: members that
/// one does not know are ignored, and so are kinds.
/// </summary>
internal sealed record HandoverMessage(string Kind)
{
    /// <summary>New to old: I would take over; <see cref="Version"/>, <see cref="Software"/>.</summary>
    public const string TakeOver = "take-over";

    /// <summary>Old to new: the state lock and the listening sockets, by <see cref="Names"/>; <see cref="Environment"/>.</summary>
    public const string Offer = "offer";

    /// <summary>Old to new: no, for this <see cref="Detail"/>; at any time before <see cref="Left"/>. A process that lives never ends the connection without it.</summary>
    public const string Refused = "refused";

    /// <summary>New to old: change nothing in the registry any more.</summary>
    public const string Release = "release";

    /// <summary>Old to new: done; the registry is yours.</summary>
    public const string Released = "released";

    /// <summary>New to old: everything is open here; stop accepting.</summary>
    public const string Ready = "ready";

    /// <summary>Old to new: nothing is accepted here any more. From now on there is no way back.</summary>
    public const string Left = "left";

    /// <summary>Either way: an agent's or a client's connection, with its ClientHello, that the other one can serve.</summary>
    public const string Connection = "connection";

    /// <summary>New to old: close the links of the tunnel, token or certificate <see cref="Subject"/>, with <see cref="Code"/> and <see cref="Detail"/>.</summary>
    public const string CloseTunnel = "close-tunnel";

    public const string CloseToken = "close-token";

    public const string CloseCertificate = "close-certificate";

    /// <summary>Old to new: the UDP ports are free.</summary>
    public const string UdpFree = "udp-free";

    public int Version { get; init; }

    public string? Software { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public string? Detail { get; init; }

    public string? Code { get; init; }

    public string? Subject { get; init; }

    public byte[]? Hello { get; init; }

    /// <summary>Of a connection: the sender cannot serve it and will not take it back.</summary>
    public bool Final { get; init; }

    /// <summary>
    /// Of a connection that goes to the old process: the number of its descriptor at the sender. It comes back with the connection; see <see cref="Descriptors.ToSocket"/>.
    /// </summary>
    public int? Formerly { get; init; }
}
