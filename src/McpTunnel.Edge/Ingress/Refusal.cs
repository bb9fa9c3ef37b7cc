using System.Net.Sockets;
using System.Text;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// The last words to a connection that is refused: a TLS alert, or a line of HTTP for those who forgot the TLS. Then what
/// the peer still sends is read and thrown away for a moment, so that the words are not lost to a TCP reset.
/// </summary>
internal sealed class Refusal(Socket socket) : DeadlineEntry
{
    private static readonly byte[] PlainHttp = BuildPlainHttp();

    /// <summary>What to say. <paramref name="received"/> is what the peer has sent.</summary>
    public static ReadOnlyMemory<byte> Words(TunnelCode code, ReadOnlySpan<byte> received) =>
        code == TunnelCode.NotTls && !received.IsEmpty && char.IsAsciiLetterUpper((char)received[0]) ? PlainHttp : TlsAlert.For(code);

    /// <summary>Says it to a peer that has had its time, and ends the receive that is under way; whoever waits in it closes the socket.</summary>
    public static void SayAndEnd(Socket socket, ReadOnlyMemory<byte> words)
    {
        TrySay(socket, words);
        End(socket);
    }

    /// <summary>Says it, lets the peer finish, and closes. Never throws.</summary>
    public async Task RunAsync(ReadOnlyMemory<byte> words, Memory<byte> scratch, DeadlineQueue deadlines)
    {
        deadlines.Add(this);
        try
        {
            if (TrySay(socket, words))
            {
                AgentSocket.FinishSending(socket);
                await DiscardAsync(scratch);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer is gone, or its moment is over.
        }
        finally
        {
            deadlines.Remove(this);
            socket.Dispose();
        }
    }

    protected internal override void OnDeadline() => End(socket);

    /// <summary>
    /// Not by closing: that would reset the connection while a receive is under way, and so destroy what was said. This makes the
    /// receive end as if the peer had finished.
    /// </summary>
    private static void End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
        }
    }

    private static bool TrySay(Socket socket, ReadOnlyMemory<byte> words)
    {
        if (words.IsEmpty)
        {
            return false;
        }

        try
        {
            // A few bytes into an empty send buffer: they fit, or the connection is dead.
            return socket.Send(words.Span, SocketFlags.None, out _) == words.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task DiscardAsync(Memory<byte> scratch)
    {
        var discarded = 0;
        while (discarded < AdmissionLimits.LingerBytes)
        {
            var received = await socket.ReceiveAsync(scratch, SocketFlags.None);
            if (received == 0)
            {
                return;
            }

            discarded += received;
        }
    }

    private static byte[] BuildPlainHttp()
    {
        const string Text = "This port speaks TLS. Use https:// in the URL.\n";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {Text.Length}\r\nConnection: close\r\n\r\n{Text}");
    }
}
