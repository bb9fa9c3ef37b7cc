using System.Net;
using McpTunnel.Client.Calls;

namespace McpTunnel.Client.Forwarding;

/// <summary>An upstream's response body on its way through, counted for its call.</summary>
internal sealed class ObservedContent(Stream body, Call call) : HttpContent
{
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new ObservedStream(body, call));

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => new ObservedStream(body, call);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
