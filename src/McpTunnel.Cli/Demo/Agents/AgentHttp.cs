using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Client.Enrolment;
using McpTunnel.Transport.Dialing;

namespace McpTunnel.Cli.Demo.Agents;

/// <summary>HTTP as an agent outside uses it, on a machine where the tunnel's names have no DNS entry.</summary>
internal static class AgentHttp
{
    /// <summary>A handler that connects to one address whatever the host name, and trusts one authority and no other.</summary>
    /// <param name="edge">The edge's address and port.</param>
    /// <param name="authority">The customer's CA; the caller keeps it alive.</param>
    public static SocketsHttpHandler Handler(IPEndPoint edge, X509Certificate2 authority) =>
        EdgeHandler.Create(new X509Certificate2Collection(authority), edge);

    /// <summary>TLS options whose only root is <paramref name="authority"/>; the name is still checked.</summary>
    public static SslClientAuthenticationOptions Trusting(X509Certificate2 authority) =>
        new() { CertificateChainPolicy = ServerTrust.PolicyFor(new X509Certificate2Collection(authority)) };
}
