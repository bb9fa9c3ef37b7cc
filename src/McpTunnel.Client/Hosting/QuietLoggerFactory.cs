using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Passes on what the web server has to say, but not the lines that its host and the forwarder write about each request: they
/// carry queries and upstream addresses, and the access log says the same without.
/// </summary>
internal sealed class QuietLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    private static readonly string[] Silenced = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Yarp."];

    public ILogger CreateLogger(string categoryName) =>
        Array.Exists(Silenced, prefix => categoryName.StartsWith(prefix, StringComparison.Ordinal)) ? NullLogger.Instance : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    // The inner one belongs to whoever gave it.
    public void Dispose()
    {
    }
}
