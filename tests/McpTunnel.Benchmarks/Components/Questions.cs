namespace McpTunnel.Benchmarks.Components;

/// <summary>What the harness may ask a component on its input, one line each; the answer is one line.</summary>
internal static class Questions
{
    /// <summary>Collects garbage and answers with <see cref="MemoryFigures"/>.</summary>
    public const string Memory = "memory";

    /// <summary>Followed by a carrier and a number: brings so many further links up and answers when they are.</summary>
    public const string Links = "links";

    /// <summary>Followed by a number: starts clients until there are so many, and answers without waiting for their links.</summary>
    public const string Start = "start";

    /// <summary>Followed by a time in milliseconds since 1970; answers with a <see cref="Fleet.FleetState"/> of the links that came up since.</summary>
    public const string State = "state";

    /// <summary>Answers with what some of the links that are not up say of themselves.</summary>
    public const string Missing = "missing";

    /// <summary>Answers with what became of connections and links at the edge, by code: pairs of a name and a number.</summary>
    public const string Outcomes = "outcomes";

    /// <summary>Followed by an audience: answers with an access token for it.</summary>
    public const string Token = "token";

    /// <summary>Prefix of every answer.</summary>
    public const string Answer = "answer ";
}
