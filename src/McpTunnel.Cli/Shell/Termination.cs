using System.Runtime.InteropServices;

namespace McpTunnel.Cli.Shell;

/// <summary>Ctrl-C and SIGTERM: the first asks the work to end in good order, the second ends the process, after last words that take no longer than <see cref="LastWordsPatience"/>.</summary>
internal sealed class Termination : IDisposable
{
    /// <summary>A round trip to the other side of the earth; whoever signals twice wants the end now.</summary>
    internal static readonly TimeSpan LastWordsPatience = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _requested = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<int> _exit;
    private readonly Action<string> _say;
    private Func<Task>? _lastWords;
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

    /// <summary>Whether the process ends without waiting for its work.</summary>
    public bool IsAtOnce => Volatile.Read(ref _signals) > 1;

    /// <summary>What to tell peers, who would not notice by themselves, when the process ends at the second signal; a third one does not wait for it.</summary>
    public void OnSecond(Func<Task> lastWords) => Volatile.Write(ref _lastWords, lastWords);

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
        var signals = Interlocked.Increment(ref _signals);
        if (signals > 1)
        {
            if (signals == 2 && Volatile.Read(ref _lastWords) is { } lastWords)
            {
                // Whatever becomes of them: the end is what was asked for.
                Task.WaitAny([Task.Run(lastWords)], LastWordsPatience);
            }

            _exit((int)ExitCode.Interrupted);
            return;
        }

        _say("Stopping. Once more to stop at once.");
        try
        {
            _requested.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended at the same moment.
        }
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
