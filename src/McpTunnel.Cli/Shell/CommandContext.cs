using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Shell;

/// <summary>What a command has in hand while it runs.</summary>
internal sealed record CommandContext(Terminal Terminal, Output Output, ParseResult Arguments, ILoggerFactory Logging)
{
    /// <summary>The options that say which edge, as they were given: for a command that is shown as the next step.</summary>
    public string ConnectionArguments { get; init; } = "";

    /// <summary>Takes what to tell peers when the command is ended by a second signal; see <see cref="Termination.OnSecond"/>.</summary>
    public Action<Func<Task>> OnSecondSignal { get; init; } = static _ => { };

    public TimeProvider Time => Terminal.Time;

    /// <summary>The value of an option or argument that has a value or a default.</summary>
    public T Get<T>(Option<T> option) => Arguments.GetValue(option)!;

    /// <inheritdoc cref="Get{T}(Option{T})"/>
    public T Get<T>(Argument<T> argument) => Arguments.GetValue(argument)!;

    /// <summary>An option, or the environment variable that stands in for it; null when neither is given.</summary>
    public string? GetOrEnvironment(Option<string?> option, string variable) =>
        Arguments.GetValue(option) ?? (Terminal.Environment(variable) is { Length: > 0 } value ? value : null);
}
