using System.Net;
using McpTunnel.Transport;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// A request body that is here in full, around the forwarder's own: headers and body leave in one piece. The forwarder flushes the headers before it copies
/// the first byte, for the sake of bodies that come slowly; for this one that would be a packet and two system calls more.
/// </summary>
internal sealed class GatheredContent(HttpContent body) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        body.CopyToAsync(new UnflushedStream(stream), context, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <summary>Passes writes on and holds flushes back: the handler flushes at the body's end. Only what the forwarder uses is there.</summary>
    private sealed class UnflushedStream(Stream inner) : AsyncStream
    {
        public override bool CanRead => false;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);
    }
}
