using System.Net.WebSockets;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport.WebSockets;

/// <summary>
/// A WebSocket as the byte stream that a carrier is: each write is one binary message, and the boundaries of messages received mean nothing. The
/// platform's own adapter would take text for data, and closes with a handshake that a dead peer never answers; here, disposing ends the
/// connection at once, since a link has said its last words before. One reader and one writer at a time.
/// </summary>
internal sealed class WebSocketBytes(WebSocket socket) : AsyncStream
{
    /// <summary>
    /// Reads what is there of the current message. A read without a buffer waits for the next message to begin, and holds no memory meanwhile.
    /// </summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer, cancellationToken);
                switch (result.MessageType)
                {
                    case WebSocketMessageType.Text:
                        throw new CarrierException(TunnelCode.ProtocolError, "The peer sent a text message; a link is made of binary ones.");
                    case WebSocketMessageType.Close:
                        // A link ends by its own words. This comes from something on the way, or from no edge and no client of ours.
                        throw new CarrierException(TunnelCode.TransportError, $"The WebSocket was closed from outside the link, with status {(int?)socket.CloseStatus ?? 1005}.");
                    case WebSocketMessageType.Binary when result.Count > 0 || buffer.IsEmpty:
                        return result.Count;
                }
            }
        }
        catch (Exception e) when (IsEnd(e, cancellationToken))
        {
            throw Translate(e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (IsEnd(e, cancellationToken))
        {
            throw Translate(e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Abort();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The platform tells of a connection that was disposed of meanwhile as of something cancelled.</summary>
    private static bool IsEnd(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>A connection that broke has the break as cause, or its state; without either, it was the peer's frames that were wrong.</summary>
    private static CarrierException Translate(Exception e) =>
        e is WebSocketException { WebSocketErrorCode: not (WebSocketError.ConnectionClosedPrematurely or WebSocketError.InvalidState), InnerException: null }
            ? new CarrierException(TunnelCode.ProtocolError, $"The peer broke RFC 6455: {e.Message}", e)
            : new CarrierException(TunnelCode.TransportError, e.InnerException?.Message ?? "The connection ended.", e);
}
