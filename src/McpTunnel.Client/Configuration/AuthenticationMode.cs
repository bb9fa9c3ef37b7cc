namespace McpTunnel.Client.Configuration;

/// <summary>Who checks the caller of a server.</summary>
public enum AuthenticationMode
{
    /// <summary>The client checks a JWT access token of one issuer.</summary>
    Jwt,

    /// <summary>Nobody: whoever reaches the edge may call. Written out, never a default.</summary>
    None,
}
