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

    public Task<ILink> FirstLink => _first.Task;

    /// <summary>What a test does at the moment a link is registered, as the edge's directory would.</summary>
    public Action<ILink>? OnRegistered { get; set; }

    /// <summary>Codes of links that came to nothing before they were judged.</summary>
    public ConcurrentQueue<TunnelCode> Failures { get; } = new();

    public ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(decide?.Invoke(request) ?? LinkDecision.Accept("acme.tunnel.test"));

    public void Registered(ILink link, LinkRequest request, LinkDecision decision)
    {
        OnRegistered?.Invoke(link);
        _first.TrySetResult(link);
    }

    public void Refused(string remoteAddress, X509Certificate2? certificate, TunnelCode code, string detail) => Failures.Enqueue(code);
}
