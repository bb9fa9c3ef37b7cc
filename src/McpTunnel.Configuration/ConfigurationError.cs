namespace McpTunnel.Configuration;

/// <summary>One thing that is wrong with a configuration, told to the person who can mend it.</summary>
/// <param name="Location">Where it was written.</param>
/// <param name="Message">What is wrong: one sentence without its full stop. Never a secret's value.</param>
/// <param name="Remedy">What to do: one sentence without its full stop.</param>
public sealed record ConfigurationError(SourceLocation Location, string Message, string Remedy)
{
    /// <summary><c>file:line:column: message. Remedy.</c></summary>
    public override string ToString() => $"{Location}: {Message}. {Remedy}.";
}
