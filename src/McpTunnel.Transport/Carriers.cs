namespace McpTunnel.Transport;

/// <summary>Carriers by the names that hello, status, metrics and configuration use.</summary>
public static class Carriers
{
    /// <summary>The name on the wire: <c>quic</c>, <c>tls</c> or <c>websocket</c>.</summary>
    public static string WireName(this Carrier carrier) => carrier switch
    {
        Carrier.Quic => "quic",
        Carrier.Tls => "tls",
        Carrier.Websocket => "websocket",
        _ => throw new ArgumentOutOfRangeException(nameof(carrier), carrier, "Not a carrier."),
    };
}
