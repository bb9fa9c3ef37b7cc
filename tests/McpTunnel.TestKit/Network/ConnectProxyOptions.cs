using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.TestKit.Network;

/// <summary>How a <see cref="ConnectProxy"/> behaves.</summary>
public sealed record ConnectProxyOptions
{
    /// <summary>What <c>Proxy-Authenticate</c> says; empty for a proxy that lets everybody through.</summary>
    public IReadOnlyList<string> Challenges { get; init; } = [];

    /// <summary>Ends the connection after each 407, as some do.</summary>
    public bool CloseAfterChallenge { get; init; }

    /// <summary>Takes requests and never answers.</summary>
    public bool Silent { get; init; }

    /// <summary>Answers every CONNECT with this status.</summary>
    public int? RefuseWith { get; init; }

    /// <summary>Shown in place of the target's certificate: the proxy that inspects TLS.</summary>
    public X509Certificate2? Intercept { get; init; }

    /// <summary>The proxy's own certificate, where clients speak TLS to it.</summary>
    public X509Certificate2? OwnCertificate { get; init; }

    /// <summary>Tunnels through which nothing went for so long are reset.</summary>
    public TimeSpan? IdleLimit { get; init; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Makes its sockets, for a proxy in another network than the test's.</summary>
    public Func<Socket> NewSocket { get; init; } = () => new Socket(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Where a name leads; loopback with the port asked for when null.</summary>
    public Func<string, IPEndPoint>? Resolve { get; init; }
}
