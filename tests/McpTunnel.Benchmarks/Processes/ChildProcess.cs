using System.Diagnostics;
using System.Text;

namespace McpTunnel.Benchmarks.Processes;

/// <summary>One component of a measured path in its own process, so that its CPU time can be told from everybody else's.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 40;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _name;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, string?> _readReady;
    private volatile Action<string>? _pending;

    private ChildProcess(string name, Process process, Func<string, string?> readReady)
    {
        _name = name;
        _process = process;
        _readReady = readReady;
    }

    public int Id => _process.Id;

    /// <summary>The last lines the process wrote, for the message when something goes wrong.</summary>
    public string LastLines
    {
        get
        {
            lock (_lastLines)
            {
                return string.Join(Environment.NewLine, _lastLines);
            }
        }
    }

    /// <summary>
    /// Starts a process and waits for the line for which <paramref name="readReady"/> gives a value; the value is what the
    /// process says about itself, such as its port.
    /// </summary>
    public static async Task<(ChildProcess Child, string Ready)> StartAsync(
        string name, ProcessStartInfo start, Func<string, string?> readReady, CancellationToken cancellationToken)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{name}: '{start.FileName}' did not start.");
        var child = new ChildProcess(name, process, readReady);
        process.OutputDataReceived += (_, line) => child.OnLine(line.Data);
        process.ErrorDataReceived += (_, line) => child.OnLine(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => child._ready.TrySetException(child.Failure("ended before it was ready"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return (child, await child._ready.Task.WaitAsync(ReadyWithin, cancellationToken));
        }
        catch (TimeoutException)
        {
            var failure = child.Failure($"was not ready within {ReadyWithin.TotalSeconds:0} s");
            await child.DisposeAsync();
            throw failure;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a line to the process and waits for the line that answers it. One question at a time.</summary>
    /// <param name="readAnswer">Gives the answer that a line holds, null for any other line.</param>
    public async Task<string> AskAsync(string question, Func<string, string?> readAnswer, TimeSpan within, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending = line =>
        {
            if (readAnswer(line) is { } value)
            {
                answer.TrySetResult(value);
            }
        };
        await _process.StandardInput.WriteLineAsync(question.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        try
        {
            return await answer.Task.WaitAsync(within, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw Failure($"did not answer within {within.TotalSeconds:0} s");
        }
        finally
        {
            _pending = null;
        }
    }

    /// <summary>Ends the process as a crash or a lost machine would: nothing in it gets to say goodbye.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public InvalidOperationException Failure(string what)
    {
        var text = new StringBuilder().Append(_name).Append(' ').Append(what).AppendLine(". Its last lines:").Append(LastLines);
        return new InvalidOperationException(text.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Our own components end when their input ends; the others are told by a signal.
            _process.StandardInput.Close();
            ProcessSignals.Terminate(_process.Id);
            using var deadline = new CancellationTokenSource(StopWithin, TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lastLines)
        {
            if (_lastLines.Count == KeptLines)
            {
                _lastLines.Dequeue();
            }

            _lastLines.Enqueue(line);
        }

        if (_ready.Task.IsCompleted)
        {
            _pending?.Invoke(line);
        }
        else if (_readReady(line) is { } value)
        {
            _ready.TrySetResult(value);
        }
    }
}
