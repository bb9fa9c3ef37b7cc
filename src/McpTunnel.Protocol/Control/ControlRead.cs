using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

/// <summary>What one line was: a message, a message of a type unknown here (to be ignored), or a problem that ends the link.</summary>
public readonly record struct ControlRead
{
    private ControlRead(ControlMessage? message, TunnelCode? problem, string detail)
    {
        Message = message;
        Problem = problem;
        Detail = detail;
    }

    /// <summary>The message; null when it is to be ignored, and when there is a problem.</summary>
    public ControlMessage? Message { get; }

    /// <summary><see cref="TunnelCode.MessageTooLong"/> or <see cref="TunnelCode.ProtocolError"/>; null when all is well.</summary>
    public TunnelCode? Problem { get; }

    /// <summary>What the problem is, for people. Holds no value of the message.</summary>
    public string Detail { get; }

    /// <summary>Valid, but of a type that this version does not know.</summary>
    public bool IsIgnored => Message is null && Problem is null;

    internal static ControlRead Of(ControlMessage message) => new(message, null, "");

    internal static ControlRead Ignored() => new(null, null, "");

    internal static ControlRead Failed(TunnelCode code, string detail) => new(null, code, detail);
}
