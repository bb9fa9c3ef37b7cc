using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli;

internal static class Program
{
    public static Task<int> Main(string[] arguments) =>
        new CliProgram(Terminal.System(), Environment.Exit).RunAsync(arguments);
}
