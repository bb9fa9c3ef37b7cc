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
/// is not missed: the credentials are then looked at again; nor is the node's own stop.
/// </summary>
internal sealed class EdgeLinkAuthorizer(
    LinkCredentialChecker credentials, LinkDirectory directory, EdgeNode node, EdgeMetrics metrics, TimeProvider time, ILogger<EdgeLinkAuthorizer> logger)
    : ILinkAuthorizer
{
    private const string Draining = "This edge node is stopping. Another one, or the same a little later, will take the link.";

    /// <summary>How long streams on a link go on that came up while the node was leaving already.</summary>
    private static readonly TimeSpan LateGrace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LateStep = TimeSpan.FromMilliseconds(500);

    /// <summary>How many revocations there had been when the credentials were looked at.</summary>
    private readonly ConditionalWeakTable<LinkRequest, object> _revocationsSeen = [];

    public async ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken)
    {
        _revocationsSeen.Add(request, directory.Revocations);
        var decision = await DecideAsync(request, cancellationToken);
        if (decision.Refusal is { } refusal)
        {
            metrics.LinkRegistration(refusal);
            logger.LinkRefused(request.TunnelId, request.Instance, request.LinkIndex, request.RemoteAddress, refusal.WireName(), decision.Detail);
        }

        return decision;
    }

    public void Registered(ILink link, LinkRequest request, LinkDecision decision)
    {
        var entry = new LinkEntry(link, decision.Domain!, CredentialDigests.Of(request), request.Software, request.RemoteAddress, time.GetUtcNow());
        var refusal = directory.Register(entry);
        metrics.LinkRegistration(refusal?.Code);
        if (refusal is not null)
        {
            logger.LinkRefused(
                request.TunnelId, request.Instance, request.LinkIndex, request.RemoteAddress, refusal.Code.WireName(), refusal.Detail);
            _ = CloseAsync(link, refusal.Code, refusal.Detail);
            return;
        }

        if (node.IsDraining)
        {
            // It came too late to be told with the others. An agent that waited for it may have a stream on it already.
            link.BeginDrain(TunnelCode.EdgeDraining, Draining, new DrainNotice(TimeSpan.Zero, LateGrace, Draining));
            _ = CloseWhenUnusedAsync(link);
            return;
        }

        logger.LinkRegistered(
            request.TunnelId, link.Identity.LinkId, request.Instance, request.LinkIndex, request.Generation, request.RemoteAddress, request.Software);
        if (!_revocationsSeen.TryGetValue(request, out var seen) || (int)seen != directory.Revocations)
        {
            _ = CheckAgainAsync(link, request);
        }
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
            return LinkDecision.Refuse(TunnelCode.EdgeDraining, Draining);
        }

        var decision = await credentials.CheckAsync(request, cancellationToken);
        return decision.Refusal is null
            && directory.Check(request.TunnelId, request.Instance, request.LinkIndex, request.Generation) is { } refusal
                ? LinkDecision.Refuse(refusal.Code, refusal.Detail)
                : decision with { OtherNodes = node.Others };
    }

    private async Task CloseWhenUnusedAsync(ILink link)
    {
        var started = time.GetTimestamp();
        do
        {
            await Task.WhenAny(link.Closed, Task.Delay(LateStep, time));
        }
        while (!link.Closed.IsCompleted && link.StreamCount > 0 && time.GetElapsedTime(started) < LateGrace);

        await CloseAsync(link, TunnelCode.Shutdown, Draining);
    }

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
            logger.LinkRefused(request.TunnelId, request.Instance, request.LinkIndex, request.RemoteAddress, code.WireName(), decision.Detail);
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
