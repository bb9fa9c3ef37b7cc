namespace McpTunnel.Cli.Demo.Hops;

/// <summary>One structured log event of a hop: all that it wrote down, value by value.</summary>
/// <param name="Id">The event's id, from <c>docs/events.md</c>.</param>
/// <param name="Text">The rendered message.</param>
/// <param name="Values">The event's values by name.</param>
internal sealed record HopEvent(int Id, string Text, IReadOnlyDictionary<string, object?> Values)
{
    /// <summary>A value as text; empty when the event has none of that name.</summary>
    public string this[string name] => Values.TryGetValue(name, out var value) ? Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "" : "";
}
