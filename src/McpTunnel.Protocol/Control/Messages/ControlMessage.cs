using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control.Messages;

/// <summary>One line of the control stream. Immutable; printing one never shows a secret.</summary>
public abstract record ControlMessage
{
    /// <summary>The member <c>type</c> of the JSON object.</summary>
    [JsonPropertyOrder(-1)]
    public abstract string Type { get; }

    /// <summary>What breaks a bound of <see cref="ControlLimits"/>, as text that holds no value of the message; null when all is well.</summary>
    internal abstract string? FindProblem();
}
