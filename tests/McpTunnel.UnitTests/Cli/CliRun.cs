using McpTunnel.Cli.Shell;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.UnitTests.Cli;

/// <summary>Runs one command line in this process, with streams and environment of its own.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static Task<CliRun> OfAsync(params string[] arguments) => WithAsync([], "", arguments);

    public static Task<CliRun> WithAsync(Dictionary<string, string> environment, string input, params string[] arguments) =>
        RunAsync(environment, input, TimeProvider.System, arguments);

    /// <summary>With a clock that moves on as fast as the command waits for it.</summary>
    public static async Task<CliRun> InNoTimeAsync(params string[] arguments)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var running = RunAsync([], "", time, arguments);
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        return await running;
    }

    private static async Task<CliRun> RunAsync(Dictionary<string, string> environment, string input, TimeProvider time, string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(new StringReader(input), output, error, name => environment.GetValueOrDefault(name), time);
        var code = await new CliProgram(terminal, code => throw new InvalidOperationException($"Exit {code}")).RunAsync(arguments);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
