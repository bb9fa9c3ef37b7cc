using System.Security.Cryptography.X509Certificates;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Transport.Handshake;

/// <summary>The edge's judgement on a client's hello: certificate AND token, both bound to the same tunnel.</summary>
public interface ILinkAuthorizer
{
    ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Called before the client is welcomed, so that an agent that comes right behind its "ready" finds the link; the answer is the last word, since things may have changed
    /// after the judgement. The owner files the link where the ingress finds it, closing a predecessor with the same (tunnel, instance, index) and a lower generation. It gets the
    /// request and the decision again, so that a later revocation of that token or certificate finds the link. A link that is filed has its end in <see cref="ILink.Closed"/>.
    /// </summary>
    LinkDecision Register(ILink link, LinkRequest request, LinkDecision decision);

    /// <summary>
    /// Called when a link came to nothing for another reason than this judgement: what asked spoke no protocol of ours, sent no good hello, or none in time.
    /// </summary>
    /// <param name="remoteAddress">Who asked.</param>
    /// <param name="certificate">The client's certificate; null when it brought none, so that it may be anybody.</param>
    /// <param name="code">Why not.</param>
    /// <param name="detail">The same for a person.</param>
    void Refused(string remoteAddress, X509Certificate2? certificate, TunnelCode code, string detail)
    {
        // Of interest to those who count.
    }
}

/// <summary>What a client asks for. The token is a secret: it is compared by hash and never logged.</summary>
public sealed record LinkRequest(
    string TunnelId,
    string Token,
    string Instance,
    int LinkIndex,
    long Generation,
    string Software,
    X509Certificate2 Certificate,
    string RemoteAddress);

/// <summary>Accepted (with the domain the tunnel serves), or refused with a code.</summary>
public sealed record LinkDecision(string? Domain, TunnelCode? Refusal, string Detail)
{
    /// <summary>Other nodes that would take this link too.</summary>
    public IReadOnlyList<OtherNode> OtherNodes { get; init; } = [];

    public static LinkDecision Accept(string domain) => new(domain, null, "");

    public static LinkDecision Refuse(TunnelCode code, string detail) => new(null, code, detail);
}
