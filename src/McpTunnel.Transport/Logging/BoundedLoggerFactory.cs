using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Logging;

/// <summary>
/// Loggers whose lines others can cause as often as they like: each event that a <see cref="LineRule"/> names writes so many and no more, and how many were left out is told in
/// one line (event 1020). Other events pass as they are. Thread-safe.
/// </summary>
public sealed class BoundedLoggerFactory : ILoggerFactory
{
    private readonly ILoggerFactory _inner;
    private readonly FrozenDictionary<int, LineRule> _rules;
    private readonly LineBudget _budget = new();
    private readonly ILogger _logger;
    private readonly ITimer _window;

    /// <param name="inner">Where lines go. Not disposed here.</param>
    /// <param name="rules">Which events are bounded.</param>
    /// <param name="time">The clock.</param>
    public BoundedLoggerFactory(ILoggerFactory inner, IEnumerable<LineRule> rules, TimeProvider time)
    {
        _inner = inner;
        _rules = rules.ToFrozenDictionary(rule => rule.EventId);
        _logger = inner.CreateLogger<BoundedLoggerFactory>();
        _window = time.CreateTimer(_ => TellLeftOut(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ILogger CreateLogger(string categoryName) => new Bounded(this, _inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => _inner.AddProvider(provider);

    /// <summary>Tells what was left out so far.</summary>
    public void Dispose()
    {
        _window.Dispose();
        TellLeftOut();
    }

    private bool MayWrite<TState>(LineRule rule, TState state)
    {
        var may = _budget.TryTake(rule, SubjectOf(rule, state), out var first);
        if (first)
        {
            _window.Change(LineBudget.Window, Timeout.InfiniteTimeSpan);
        }

        return may;
    }

    private void TellLeftOut()
    {
        foreach (var lines in _budget.Renew())
        {
            TransportLog.LinesLeftOut(_logger, lines.EventId, lines.Subject.Length > 0 ? lines.Subject : "others", lines.Count, LineBudget.Window.TotalSeconds);
        }
    }

    private static string SubjectOf<TState>(LineRule rule, TState state)
    {
        if (rule.Subject is null || state is not IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            return "";
        }

        foreach (var (name, value) in values)
        {
            if (name == rule.Subject)
            {
                return value switch
                {
                    IPEndPoint endPoint => SourceOf(endPoint.Address),
                    string text when IPAddress.TryParse(text, out var address) => SourceOf(address),
                    _ => value?.ToString() ?? "",
                };
            }
        }

        return "";
    }

    /// <summary>A single host usually owns a whole IPv6 /64 and could take a new address for each connection.</summary>
    private static string SourceOf(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(bytes.Length / 2).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private sealed class Bounded(BoundedLoggerFactory owner, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!owner._rules.TryGetValue(eventId.Id, out var rule) || !inner.IsEnabled(logLevel) || owner.MayWrite(rule, state))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
