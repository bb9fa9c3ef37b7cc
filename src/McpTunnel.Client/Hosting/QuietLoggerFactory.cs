using McpTunnel.Transport.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Passes on what the web server has to say, but not the lines that its host and the forwarder write about each request: they
/// carry queries and upstream addresses, and the access log says the same without. What agents can make the web server say as often as they like has a budget.
/// </summary>
/// <param name="inner">Where lines go. Not disposed here.</param>
/// <param name="time">The clock.</param>
internal sealed class QuietLoggerFactory(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private const string WebServer = "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>Lines a minute of each event below: enough to see that it happens.</summary>
    internal const int Budget = 60;

    /// <summary>An HTTP/2 agent that resets more calls than can be answered (60), and what becomes of its connection (23): dozens of lines for each connection.</summary>
    private static readonly LineRule[] Rules = [new(23, Subject: null, Budget), new(60, Subject: null, Budget)];

    private static readonly string[] Silenced = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Yarp."];

    private readonly BoundedLoggerFactory _bounded = new(inner, Rules, time);

    public ILogger CreateLogger(string categoryName) =>
        Array.Exists(Silenced, prefix => categoryName.StartsWith(prefix, StringComparison.Ordinal)) ? NullLogger.Instance
        : categoryName.StartsWith(WebServer, StringComparison.Ordinal) ? _bounded.CreateLogger(categoryName)
        : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => _bounded.Dispose();
}
