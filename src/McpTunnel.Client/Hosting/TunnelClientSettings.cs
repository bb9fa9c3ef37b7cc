using McpTunnel.Client.Egress;
using McpTunnel.Client.SelfCalls;
using McpTunnel.Transport;
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

    /// <summary>How the client calls itself, but for how often; a seam for tests.</summary>
    internal SelfCallOptions SelfCalls { get; init; } = new();

    /// <summary>Whether the streams of a link are served; a seam for tests of links that carry control messages and nothing else.</summary>
    internal Func<ILink, bool> Serves { get; init; } = static _ => true;

    /// <summary>Variables laid over a configuration file; the process's own when null.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}
