namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>What a request's Authorization header holds.</summary>
internal enum BearerTokenFinding
{
    /// <summary>No header, or one of another scheme.</summary>
    None,

    /// <summary>One token.</summary>
    Token,

    /// <summary>Something that cannot be meant: two lines, two tokens, characters or a length that no token has.</summary>
    Unusable,
}
