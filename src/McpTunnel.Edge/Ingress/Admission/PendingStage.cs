namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>How far a connection has come that is not served yet; the first three in the order in which they make way for newcomers.</summary>
internal enum PendingStage
{
    /// <summary>Refused: only the moment that its alert needs is left.</summary>
    Refused,

    /// <summary>Not a byte has come.</summary>
    Silent,

    /// <summary>Some of the ClientHello has come.</summary>
    Speaking,

    /// <summary>Its ClientHello is whole and it is being taken where it belongs: makes way for nobody.</summary>
    Dispatching,
}
