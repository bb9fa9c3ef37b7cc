using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McpTunnel.TestKit.WholePath;

/// <summary>Keeps every log line of a process part, down to trace, as text.</summary>
public sealed class LogRecord : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Lazy<ILoggerFactory> _factory;

    public LogRecord() => _factory = new(() => LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new Unowned(this))));

    /// <summary>Loggers that write here.</summary>
    public ILoggerFactory Factory => _factory.Value;

    /// <summary>Does something in the midst of what is logged, with the event's id.</summary>
    public Action<int>? OnEvent { get; set; }

    /// <summary>Level, category, event id and message of each event, with exceptions in full.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    public bool Contains(string text) => _lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
        if (_factory.IsValueCreated)
        {
            _factory.Value.Dispose();
        }
    }

    /// <summary>The factory disposes its providers; the record outlives it.</summary>
    private sealed class Unowned(LogRecord record) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => record.CreateLogger(categoryName);

        public void Dispose()
        {
            // Not ours.
        }
    }

    private sealed class Writer(LogRecord record, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            record._lines.Enqueue($"{logLevel} {category} {eventId.Id}: {formatter(state, exception)} {exception}");
            record.OnEvent?.Invoke(eventId.Id);
        }
    }
}
