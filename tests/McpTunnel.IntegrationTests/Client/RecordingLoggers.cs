using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Keeps every log line as text.</summary>
internal sealed class RecordingLoggers : ILoggerFactory
{
    private readonly ConcurrentQueue<(string Category, EventId Event, string Text)> _lines = new();

    public IReadOnlyList<(string Category, EventId Event, string Text)> Lines => [.. _lines];

    /// <summary>The lines of one event.</summary>
    public IReadOnlyList<string> Of(int eventId) => [.. _lines.Where(line => line.Event.Id == eventId).Select(line => line.Text)];

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, _lines);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Recorder(string category, ConcurrentQueue<(string, EventId, string)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Enqueue((category, eventId, formatter(state, exception) + exception));
            }
        }
    }
}
