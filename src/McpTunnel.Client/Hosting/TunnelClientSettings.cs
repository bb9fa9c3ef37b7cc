using McpTunnel.Client.Egress;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Client.Hosting;

/// <summary>What a <see cref="TunnelClient"/> takes from the program around it.</summary>
public sealed record TunnelClientSettings
{
    /// <summary>The clock of every wait and every judgement on time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where events go.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Turns names of upstreams and issuers into addresses.</summary>
    public IHostResolver Resolver { get; init; } = new SystemHostResolver();

    /// <summary>Variables laid over a configuration file; the process's own when null.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}
