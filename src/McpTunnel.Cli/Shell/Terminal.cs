using Spectre.Console;

namespace McpTunnel.Cli.Shell;

/// <summary>The process's streams and environment, so that a test can be all of them.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output: results, and nothing else.</param>
/// <param name="Error">Standard error: progress, logs, failures.</param>
/// <param name="Environment">Looks an environment variable up; null or empty when it is not set.</param>
/// <param name="Time">The clock.</param>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Error, Func<string, string?> Environment, TimeProvider Time)
{
    /// <summary>The real one.</summary>
    public static Terminal System() => new(Console.In, Console.Out, Console.Error, global::System.Environment.GetEnvironmentVariable, TimeProvider.System);

    /// <summary>Spectre's console over one of the streams. Without a terminal behind it: no colour, no cursor.</summary>
    public static IAnsiConsole Ansi(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });

        // Never broken into lines here: a terminal folds long lines by itself, and what is copied out of it, or piped, stays whole.
        console.Profile.Width = 4096;
        console.Pipeline.Attach(new PlainText.Hook());
        return console;
    }
}
