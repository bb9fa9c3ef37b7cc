using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.TestKit.Links;

/// <summary>Lets every client in, or answers as a test says; remembers what was registered.</summary>
public sealed class AcceptingAuthorizer(Func<LinkRequest, LinkDecision>? decide = null) : ILinkAuthorizer
{
    private readonly TaskCompletionSource<ILink> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first link, once it takes streams.</summary>
    public Task<ILink> FirstLink => _first.Task;

    /// <summary>What a test does at the moment a link is registered, as the edge's directory would.</summary>
    public Action<ILink>? OnRegistered { get; set; }

    /// <summary>The answer to a link that is to be filed; null: it is filed.</summary>
    public LinkDecision? File { get; init; }

    /// <summary>What a test does at the first moment at which a link takes streams.</summary>
    public Action<ILink>? OnWelcomed { get; set; }

    /// <summary>Codes of links that came to nothing before they were judged.</summary>
    public ConcurrentQueue<TunnelCode> Failures { get; } = new();

    public ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(decide?.Invoke(request) ?? LinkDecision.Accept("acme.tunnel.test"));

    public LinkDecision Register(ILink link, LinkRequest request, LinkDecision decision)
    {
        if (File is not null)
        {
            return File;
        }

        OnRegistered?.Invoke(link);
        _ = TellWhenWelcomedAsync(link);
        return decision;
    }

    public void Refused(string remoteAddress, X509Certificate2? certificate, TunnelCode code, string detail) => Failures.Enqueue(code);

    private async Task TellWhenWelcomedAsync(ILink link)
    {
        await link.Welcomed;
        OnWelcomed?.Invoke(link);
        _first.TrySetResult(link);
    }
}
