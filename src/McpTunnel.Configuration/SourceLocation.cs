namespace McpTunnel.Configuration;

/// <summary>Where a value was written.</summary>
/// <param name="File">The file's path, or the name of an environment variable.</param>
/// <param name="Line">From 1; 0 when the place is the whole file or variable.</param>
/// <param name="Column">From 1; 0 when <paramref name="Line"/> is 0.</param>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <summary>A file as a whole.</summary>
    public static SourceLocation WholeFile(string file) => new(file, 0, 0);

    /// <summary>An environment variable.</summary>
    public static SourceLocation Environment(string variable) => new($"environment {variable}", 0, 0);

    /// <summary>Whether the place is a file, against whose directory relative paths are resolved.</summary>
    internal bool IsFile => Line > 0;

    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
