namespace McpTunnel.Client.Authentication;

/// <summary>What a caller is, as far as its token says.</summary>
public enum CallerKind
{
    /// <summary>Nobody said who; the server asks nobody.</summary>
    Anonymous,

    /// <summary>A program on its own behalf: the token's subject is its OAuth client.</summary>
    Workload,

    /// <summary>A person through a program.</summary>
    AgentForHuman,

    /// <summary>A person, as far as the token says without naming a program.</summary>
    Human,
}
