namespace McpTunnel.Registry.Administration;

/// <summary>Who asked for a change, for the admin audit log.</summary>
/// <param name="Id">The admin key's id, or a word such as <c>enrolment</c> or <c>local</c>.</param>
/// <param name="Name">Its name for a person.</param>
/// <param name="Address">The network address it came from; empty for this machine.</param>
public sealed record AdminActor(string Id, string Name, string Address)
{
    /// <summary>The command line on the edge's own machine.</summary>
    public static AdminActor Local { get; } = new("local", "local", "");
}
