using System.CommandLine;
using System.Diagnostics;
using System.IO.Pipes;
using McpTunnel.Cli.Shell;
using McpTunnel.Edge.Configuration;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge reload</c>: <c>edge run --take-over</c> in the background, for a service manager that waits until a command has ended.</summary>
internal static class EdgeReloadCommand
{
    public static Command Create(CliProgram program)
    {
        var config = new Option<FileInfo>("--config") { Description = "The edge.yaml of the running edge.", Required = true, HelpName = "FILE" };
        var command = new Command("reload", "Replace the running edge by this program and its present configuration, without a gap.") { config };
        return program.Bind(command, RunAsync);

        async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
        {
            if (!OperatingSystem.IsLinux())
            {
                throw new CliException(ExitCode.Failed, "A running edge can be replaced only on Linux.", null, "Stop it, and start 'edge run'.");
            }

            // What is wrong with it is said here, in this command's own words.
            var file = context.Get(config).FullName;
            EdgeConfiguration.Loader().Load(file).Require();

            await using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
            using var edge = Process.Start(StartOf(context, file, pipe.GetClientHandleAsString())) ?? throw new CliException(ExitCode.Failed, "The new process did not start.");
            pipe.DisposeLocalCopyOfClientHandle();
            if (await pipe.ReadAsync(new byte[1], cancellationToken) == 0)
            {
                await edge.WaitForExitAsync(cancellationToken);
                throw new CliException(
                    edge.ExitCode == 0 ? ExitCode.Failed : (ExitCode)edge.ExitCode, "The new process did not take over, or has ended since. The one that ran goes on unless the log above says that it was taken over.", null, "The new process has said why above.");
            }

            context.Output.Result(
                new { Process = edge.Id },
                (console, started) => Output.Pairs(console, ("edge", $"process {started.Process} has taken over")));
            return ExitCode.Ok;
        }
    }

    private static ProcessStartInfo StartOf(CommandContext context, string file, string pipe)
    {
        var arguments = new List<string> { "edge", "run", "--config", file, "--take-over" };
        if (context.Arguments.GetValue(GlobalOptions.Log) is { } level)
        {
            arguments.AddRange(["--log", level.ToString()]);
        }

        if (context.Output.IsJson)
        {
            arguments.Add("--json");
        }

        // It outlives this command: whoever reads this command's output must not wait for its end.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >&2", Environment.ProcessPath!, .. arguments]);
        start.Environment[ReadyPipe.Variable] = pipe;
        return start;
    }
}
