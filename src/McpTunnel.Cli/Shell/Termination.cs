using System.Runtime.InteropServices;

namespace McpTunnel.Cli.Shell;

/// <summary>Ctrl-C and SIGTERM: the first asks the work to end in good order, the second ends the process on the spot.</summary>
internal sealed class Termination : IDisposable
{
    private readonly CancellationTokenSource _requested = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<int> _exit;
    private readonly Action<string> _say;
    private int _signals;

    /// <param name="exit">Ends the process with a code.</param>
    /// <param name="say">Tells the person at the terminal what the signal did.</param>
    public Termination(Action<int> exit, Action<string> say)
    {
        _exit = exit;
        _say = say;
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Requested => _requested.Token;

    /// <summary>Starts to listen for the signals of this process.</summary>
    public void Listen()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                OnSignal();
            }));
        }
    }

    /// <summary>What a signal does.</summary>
    public void OnSignal()
    {
        if (Interlocked.Increment(ref _signals) > 1)
        {
            _exit((int)ExitCode.Interrupted);
            return;
        }

        _say("Stopping. Once more to stop at once.");
        _requested.Cancel();
    }

    /// <summary>Waits until the end is asked for; does not throw.</summary>
    public static Task WaitAsync(CancellationToken requested)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        requested.Register(ended.SetResult);
        return ended.Task;
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _requested.Dispose();
    }
}
