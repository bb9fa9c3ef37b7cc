using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Transport.Dialing;

/// <summary>What was wrong with a certificate that a dial was shown.</summary>
/// <param name="OfEdge">Whether it was shown under the edge's name; otherwise by the proxy for itself.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Names">The names it is for.</param>
/// <param name="Errors">What the platform objected to.</param>
/// <param name="Chain">What was wrong with its chain.</param>
/// <param name="SystemTrusts">Whether the system's store trusts it, where the edge's authorities are named and it is none of theirs.</param>
internal sealed record RefusedCertificate(
    bool OfEdge, string Issuer, string Names, SslPolicyErrors Errors, X509ChainStatusFlags Chain, bool SystemTrusts)
{
    /// <summary>Whether nothing is wrong but the time.</summary>
    public bool OnlyTime => Errors == SslPolicyErrors.RemoteCertificateChainErrors && Chain == X509ChainStatusFlags.NotTimeValid;

    /// <summary>Whether its authority is one that was not named, or not known.</summary>
    public bool UnknownAuthority => (Chain & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0;
}
