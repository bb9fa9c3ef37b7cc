using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Demo.Hops;

/// <summary>Loggers that write both to the program's own log, as it is filtered there, and to a <see cref="HopLog"/>, unfiltered.</summary>
internal sealed class TeeLoggerFactory(ILoggerFactory inner, HopLog hop) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Tee(inner.CreateLogger(categoryName), IsOwn(categoryName) ? hop.CreateLogger(categoryName) : null);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Providers are added where the program's log is made.");

    public void Dispose()
    {
        // Neither is ours.
    }

    /// <summary>The framework's debug events cost more than they say.</summary>
    private static bool IsOwn(string category) => category.StartsWith("McpTunnel.", StringComparison.Ordinal);

    private sealed class Tee(ILogger inner, ILogger? hop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => hop is not null || inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            hop?.Log(logLevel, eventId, state, exception, formatter);
            if (inner.IsEnabled(logLevel))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
