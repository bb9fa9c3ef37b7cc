namespace McpTunnel.Benchmarks.Components;

/// <summary>What the harness may ask a component on its input, one line each; the answer is one line.</summary>
internal static class Questions
{
    /// <summary>Collects garbage and answers with <see cref="MemoryFigures"/>.</summary>
    public const string Memory = "memory";

    /// <summary>Followed by a carrier and a number: brings so many further links up and answers when they are.</summary>
    public const string Links = "links";

    /// <summary>Followed by an audience: answers with an access token for it.</summary>
    public const string Token = "token";

    /// <summary>Prefix of every answer.</summary>
    public const string Answer = "answer ";
}
