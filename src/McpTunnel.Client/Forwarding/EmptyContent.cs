using System.Net;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// A body of no bytes: the handler keeps headers about a body with the body, and sends a request with a body only once.
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
