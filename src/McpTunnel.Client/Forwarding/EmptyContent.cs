using System.Net;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// A body of no bytes, where the agent sent headers about a body but none, or where the absence of a body would let the handler
/// send a POST a second time.
/// </summary>
internal sealed class EmptyContent : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return true;
    }
}
