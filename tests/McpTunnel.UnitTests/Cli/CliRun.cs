using McpTunnel.Cli.Shell;

namespace McpTunnel.UnitTests.Cli;

/// <summary>Runs one command line in this process, with streams and environment of its own.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static Task<CliRun> OfAsync(params string[] arguments) => WithAsync([], "", arguments);

    public static async Task<CliRun> WithAsync(Dictionary<string, string> environment, string input, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(new StringReader(input), output, error, name => environment.GetValueOrDefault(name), TimeProvider.System);
        var code = await new CliProgram(terminal, code => throw new InvalidOperationException($"Exit {code}")).RunAsync(arguments);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
