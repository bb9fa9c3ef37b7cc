using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Links;

/// <summary>
/// Lets a link in when its credentials are good and there is room for it, and files it. A revocation that falls between the two
/// is not missed: the credentials are then looked at again.
/// </summary>
internal sealed class EdgeLinkAuthorizer(
    LinkCredentialChecker credentials, LinkDirectory directory, EdgeNode node, EdgeMetrics metrics, TimeProvider time, ILogger<EdgeLinkAuthorizer> logger)
    : ILinkAuthorizer
{
    /// <summary>How many revocations there had been when the credentials were looked at.</summary>
    private readonly ConditionalWeakTable<LinkRequest, object> _revocationsSeen = [];

    public async ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        _revocationsSeen.Add(request, directory.Revocations);
        var decision = await DecideAsync(request, cancellationToken);
        if (decision.Refusal is not null)
        {
            Refused(request, decision);
        }

        return decision;
    }

    public LinkDecision Register(ILink link, LinkRequest request, LinkDecision decision)
    {
        var entry = new LinkEntry(link, decision.Domain!, CredentialDigests.Of(request), request.Software, request.RemoteAddress, time.GetUtcNow());
        if (directory.Register(entry) is { } refusal)
        {
            decision = LinkDecision.Refuse(refusal.Code, refusal.Detail);
            Refused(request, decision);
            return decision;
        }

        metrics.LinkRegistration(refusal: null);
        logger.LinkRegistered(
            request.TunnelId, link.Identity.LinkId, request.Instance, request.LinkIndex, request.Generation, request.RemoteAddress, request.Software);
        if (!_revocationsSeen.TryGetValue(request, out var seen) || (int)seen != directory.Revocations)
        {
            _ = CheckAgainAsync(link, request);
        }

        return decision;
    }

    public void Refused(string remoteAddress, X509Certificate2? certificate, TunnelCode code, string detail)
    {
        metrics.LinkRegistration(code);
        if (certificate is null)
        {
            logger.StrangerRefused(remoteAddress, code.WireName(), detail);
        }
        else
        {
            logger.LinkFailed(remoteAddress, certificate.Subject, code.WireName(), detail);
        }
    }

    private async ValueTask<LinkDecision> DecideAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        if (node.IsDraining)
        {
            return LinkDecision.Refuse(TunnelCode.EdgeDraining, "This edge node is stopping. Another one, or the same a little later, will take the link.");
        }

        var decision = await credentials.CheckAsync(request, cancellationToken);
        return decision.Refusal is null
            && directory.Check(request.TunnelId, request.Instance, request.LinkIndex, request.Generation) is { } refusal
                ? LinkDecision.Refuse(refusal.Code, refusal.Detail)
                : decision with { OtherNodes = node.Others };
    }

    private void Refused(LinkRequest request, LinkDecision decision)
    {
        metrics.LinkRegistration(decision.Refusal);
        LogRefused(request, decision);
    }

    private void LogRefused(LinkRequest request, LinkDecision decision) => logger.LinkRefused(
        request.TunnelId, request.Instance, request.LinkIndex, request.RemoteAddress, decision.Refusal!.Value.WireName(), decision.Detail);

    private async Task CheckAgainAsync(ILink link, LinkRequest request)
    {
        LinkDecision decision;
        try
        {
            decision = await credentials.CheckAsync(request, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Not knowing counts as no: the client comes back and is judged afresh.
            logger.LinkCloseFailed(exception, link.Identity.LinkId);
            decision = LinkDecision.Refuse(TunnelCode.InternalError, "The edge could not check the credentials again after a revocation.");
        }

        if (decision.Refusal is { } code)
        {
            LogRefused(request, decision);
            await CloseAsync(link, code, decision.Detail);
        }
    }

    private async Task CloseAsync(ILink link, TunnelCode code, string detail)
    {
        try
        {
            await link.CloseAsync(code, detail);
        }
        catch (Exception exception)
        {
            logger.LinkCloseFailed(exception, link.Identity.LinkId);
        }
    }
}
