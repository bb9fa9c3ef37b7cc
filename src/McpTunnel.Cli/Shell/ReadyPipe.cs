using System.IO.Pipes;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// How a command that starts another one in the background hears that it is ready: a pipe whose handle is in the other one's environment. Its standard
/// streams are left alone, since they outlive the one that started it.
/// </summary>
internal static class ReadyPipe
{
    public const string Variable = "MCPTUNNEL_READY_PIPE";

    /// <summary>Tells whoever started this process that it is ready; nothing when nobody waits.</summary>
    public static void Say(Terminal terminal)
    {
        if (terminal.Environment(Variable) is { Length: > 0 } handle)
        {
            try
            {
                using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, handle);
                pipe.WriteByte(1);
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                // Nobody waits any more; that is no reason to stop serving.
            }
        }
    }
}
