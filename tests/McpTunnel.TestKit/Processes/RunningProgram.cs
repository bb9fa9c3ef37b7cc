using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using NUnit.Framework;

namespace McpTunnel.TestKit.Processes;

/// <summary>
/// A program of its own process, with its output in hand and a temporary directory of its own. Killed with everything it started, and that
/// directory removed, when a test lets go of it.
/// </summary>
public sealed class RunningProgram : IAsyncDisposable
{
    /// <summary>Starting a program costs seconds on a machine that is busy with something else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly ScratchDirectory _temporary;
    private readonly Task _reading;

    private RunningProgram(Process process, ScratchDirectory temporary)
    {
        _process = process;
        _temporary = temporary;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output, _lines.Writer), ReadAsync(process.StandardError, _error, null));
    }

    public int Id => _process.Id;

    /// <summary>What the program takes for the system's temporary directory: one that is killed cannot clean up, so the test does.</summary>
    public string TemporaryDirectory => _temporary.Path;

    /// <summary>The built <c>mcptunnel</c>, beside the tests.</summary>
    public static string Mcptunnel { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "mcptunnel.exe" : "mcptunnel");

    /// <summary>Starts <c>mcptunnel</c> with arguments.</summary>
    public static RunningProgram StartMcptunnel(params string[] arguments) => Start(Mcptunnel, arguments, null);

    /// <summary>Starts a program; <paramref name="environment"/> is added to the test's own.</summary>
    public static RunningProgram Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var temporary = new ScratchDirectory();
        start.Environment["TMPDIR"] = temporary.Path;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(Process.Start(start)!, temporary);
    }

    /// <summary>Runs <c>mcptunnel</c> to its end.</summary>
    public static async Task<ProgramResult> RunMcptunnelAsync(params string[] arguments)
    {
        await using var program = StartMcptunnel(arguments);
        return await program.EndAsync();
    }

    /// <summary>Writes to its standard input and closes it.</summary>
    public async Task WriteInputAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        _process.StandardInput.Close();
    }

    /// <summary>The next line of its standard output; fails the test when it ends without one.</summary>
    public async Task<string> NextLineAsync()
    {
        var reading = _lines.Reader.WaitToReadAsync().AsTask();
        if (await reading.WaitAsync(Patience) && _lines.Reader.TryRead(out var line))
        {
            return line;
        }

        var result = await EndAsync();
        Assert.Fail($"Ended without the expected line: {result}");
        return "";
    }

    /// <summary>What it has written until a line with <paramref name="text"/> has come, or until its end.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        var read = new StringBuilder();
        while (await _lines.Reader.WaitToReadAsync().AsTask().WaitAsync(Patience) && _lines.Reader.TryRead(out var line))
        {
            read.Append(line).Append('\n');
            if (line.Contains(text, StringComparison.Ordinal))
            {
                break;
            }
        }

        return read.ToString();
    }

    /// <summary>What it has written to standard error so far.</summary>
    public string ErrorSoFar
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <summary>Sends SIGINT (2) or SIGTERM (15).</summary>
    public async Task SignalAsync(int number)
    {
        using var kill = Process.Start("kill", [$"-{number}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.That(kill.ExitCode, Is.Zero, "kill");
    }

    /// <summary>Waits for its end, two minutes when nothing else is said; then it is killed and the test fails.</summary>
    public async Task<ProgramResult> EndAsync(TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"Did not end: {_output}\n{_error}");
        }

        await _reading;
        return new ProgramResult(_process.ExitCode, _output.ToString(), _error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
        _temporary.Dispose();
    }

    private static async Task ReadAsync(StreamReader from, StringBuilder to, ChannelWriter<string>? lines)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to)
            {
                to.Append(line).Append('\n');
            }

            lines?.TryWrite(line);
        }

        lines?.TryComplete();
    }
}
