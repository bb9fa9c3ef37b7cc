namespace McpTunnel.Edge.Health;

/// <summary>One condition for taking traffic.</summary>
internal interface IReadinessCheck
{
    /// <summary>Its name in <c>/readyz</c>: snake_case, never changed.</summary>
    string Name { get; }

    /// <summary>Null when it holds; else why not, and what to do. May throw, which counts as not holding.</summary>
    ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken);
}
