using System.IO.Pipelines;
using McpTunnel.Transport;

namespace McpTunnel.TestKit.Links;

/// <summary>A stream that says which link it is on, and carries nothing: for what asks no more of it.</summary>
public sealed class FakeLinkStream(ILink link) : ILinkStream
{
    public long Id => 2;

    public ILink Link => link;

    public PipeReader Input => throw new NotSupportedException();

    public PipeWriter Output => throw new NotSupportedException();

    public CancellationToken Closed => CancellationToken.None;

    public CancellationToken PeerClosed => CancellationToken.None;

    public void Abort()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
