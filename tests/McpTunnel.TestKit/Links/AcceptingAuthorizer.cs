using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.TestKit.Links;

/// <summary>Lets every client in, or answers as a test says; remembers what was registered.</summary>
public sealed class AcceptingAuthorizer(Func<LinkRequest, LinkDecision>? decide = null) : ILinkAuthorizer
{
    private readonly TaskCompletionSource<ILink> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ILink> FirstLink => _first.Task;

    public ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(decide?.Invoke(request) ?? LinkDecision.Accept("acme.tunnel.test"));

    public void Registered(ILink link, LinkRequest request, LinkDecision decision) => _first.TrySetResult(link);
}
