namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>The limits of one source, and of the table that holds them; see the edge's options for defaults and reasons.</summary>
/// <param name="HandshakesPerSecond">New connections a second that a source may keep up.</param>
/// <param name="HandshakeBurst">New connections that a source which was quiet may open at once.</param>
/// <param name="Pending">Connections of a source that have not named their server yet.</param>
/// <param name="Streams">Agent connections of a source being relayed.</param>
/// <param name="Callers">Connections of a source to the edge's API.</param>
/// <param name="Sources">Sources remembered; those that come when all of them are busy share one entry.</param>
internal sealed record SourceLimits(double HandshakesPerSecond, int HandshakeBurst, int Pending, int Streams, int Callers, int Sources)
{
    /// <summary>The limits of a network whose sources have together as much as <paramref name="share"/> of them.</summary>
    public SourceLimits Times(int share) => this with
    {
        HandshakesPerSecond = HandshakesPerSecond * share,
        HandshakeBurst = Multiply(HandshakeBurst, share),
        Pending = Multiply(Pending, share),
        Streams = Multiply(Streams, share),
        Callers = Multiply(Callers, share),
    };

    private static int Multiply(int limit, int share) => (int)Math.Min(int.MaxValue, (long)limit * share);
}
