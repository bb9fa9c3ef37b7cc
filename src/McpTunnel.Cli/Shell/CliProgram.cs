using System.CommandLine;
using System.CommandLine.Invocation;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Shell;

/// <summary>From arguments to an exit code: parse, run the command, and print whatever went wrong.</summary>
internal sealed class CliProgram(Terminal terminal, Action<int> exit)
{
    /// <summary>Runs one command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var parsed = Commands.Root(this).Parse(arguments);
        var output = new Output(terminal, parsed.GetValue(GlobalOptions.Json));
        if (parsed.Action is ParseErrorAction)
        {
            output.Failed(ParseFailure(parsed));
            return (int)ExitCode.Usage;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
    }

    /// <summary>
    /// Gives a command its action, which returns its exit code or throws. <paramref name="log"/> is the least that is logged when the
    /// command line does not say.
    /// </summary>
    public Command Bind(Command command, Func<CommandContext, CancellationToken, Task<ExitCode>> action, LogLevel log = LogLevel.Warning)
    {
        command.SetAction(async (parsed, _) => (int)await RunAsync(parsed, action, log));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, Func<CommandContext, CancellationToken, Task<ExitCode>> action, LogLevel log)
    {
        var output = new Output(terminal, parsed.GetValue(GlobalOptions.Json));
        using var logging = Logs.Create(parsed.GetValue(GlobalOptions.Log) ?? log, output.IsJson);
        using var termination = new Termination(exit, output.Progress);
        termination.Listen();
        try
        {
            var code = await action(new CommandContext(terminal, output, parsed, logging) { OnSecondSignal = termination.OnSecond }, termination.Requested);
            return termination.IsAtOnce ? ExitCode.Interrupted : code;
        }
        catch (Exception exception) when (termination.IsAtOnce || (exception is OperationCanceledException && termination.Requested.IsCancellationRequested))
        {
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            var failure = Failures.Of(exception);
            output.Failed(failure);
            if (parsed.GetValue(GlobalOptions.Debug))
            {
                terminal.Error.Write(exception + "\n");
            }

            return failure.ExitCode;
        }
    }

    private static Failure ParseFailure(ParseResult parsed)
    {
        var name = string.Join(' ', Path(parsed.CommandResult.Command));
        // "Required command was not provided" follows every misspelt command; the misspelling is the news.
        var messages = parsed.Errors.Select(error => error.Message).Distinct().Reverse().ToList();
        return new Failure(ExitCode.Usage, messages[0], null, $"See: {name} --help", null, messages[1..]);
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Path(parent).Append(command.Name) : ["mcptunnel"];
}
