using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Demo.Hops;

/// <summary>
/// Keeps what one hop logs, down to its debug events, so that the demo can show what that hop knew. Bounded; thread-safe.
/// </summary>
internal sealed class HopLog : ILoggerProvider
{
    /// <summary>Events kept; the oldest go. A demo that stays up for days must not grow.</summary>
    private const int Kept = 1000;

    private readonly ConcurrentQueue<HopEvent> _events = new();

    /// <summary>The events kept, oldest first.</summary>
    public IReadOnlyList<HopEvent> Events => [.. _events];

    public ILogger CreateLogger(string categoryName) => new Recorder(this);

    public void Dispose()
    {
        // Nothing but memory.
    }

    private void Add(HopEvent recorded)
    {
        _events.Enqueue(recorded);
        while (_events.Count > Kept)
        {
            _events.TryDequeue(out _);
        }
    }

    private sealed class Recorder(HopLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = new Dictionary<string, object?>();
            if (state is IReadOnlyList<KeyValuePair<string, object?>> pairs)
            {
                foreach (var (name, value) in pairs)
                {
                    values[name] = value;
                }
            }

            log.Add(new HopEvent(eventId.Id, formatter(state, exception), values));
        }
    }
}
