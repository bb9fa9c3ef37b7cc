using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge;

/// <summary>Agents as the edge sees them: a TCP connection that begins with a ClientHello, and bytes that it does not understand.</summary>
internal static class Agents
{
    /// <summary>A real ClientHello for a name; without SNI when it is null.</summary>
    public static async Task<byte[]> HelloAsync(string? serverName)
    {
        var captured = new CapturingStream();
        await using var tls = new SslStream(captured);
        try
        {
            // An address is never sent as SNI (RFC 6066 section 3).
            await tls.AuthenticateAsClientAsync(serverName ?? "192.0.2.1");
        }
        catch (IOException)
        {
            // Nobody answers.
        }

        return captured.Written.ToArray();
    }

    /// <summary>Connects an agent through the edge and accepts its stream at the client, preamble and ClientHello read.</summary>
    public static async Task<(Socket Agent, ILinkStream Stream)> OpenAsync(EdgeFixture edge, ILink link, string serverName = EdgeFixture.ServerName)
    {
        var hello = await HelloAsync(serverName);
        var agent = await edge.ConnectAsync();
        await agent.SendAsync(hello);
        var stream = await AcceptAsync(link);
        await ReadPreambleAsync(stream.Input);
        var received = await ReadAsync(stream.Input, hello.Length);
        Assert.That(received, Is.EqualTo(hello), "The ClientHello arrives as it was sent.");
        return (agent, stream);
    }

    public static async Task<ILinkStream> AcceptAsync(ILink link) =>
        await Eventually.ResultAsync(link.AcceptStreamAsync(CancellationToken.None).AsTask()) ?? throw new InvalidOperationException("The link is closed.");

    public static async Task<ProxyHeader> ReadPreambleAsync(PipeReader input)
    {
        while (true)
        {
            var result = await Eventually.ResultAsync(input.ReadAsync().AsTask());
            var status = ProxyHeaderReader.TryRead(result.Buffer, out var header, out var length);
            if (status == ProxyHeaderStatus.Complete)
            {
                input.AdvanceTo(result.Buffer.GetPosition(length));
                return header;
            }

            Assert.That(status, Is.EqualTo(ProxyHeaderStatus.NeedMore));
            Assert.That(result.IsCompleted, Is.False);
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    public static async Task<byte[]> ReadAsync(PipeReader input, int count)
    {
        var result = await Eventually.ResultAsync(input.ReadAtLeastAsync(count).AsTask());
        var slice = result.Buffer.Slice(0, Math.Min(count, result.Buffer.Length));
        var bytes = System.Buffers.BuffersExtensions.ToArray(slice);
        input.AdvanceTo(slice.End);
        return bytes;
    }

    public static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        var length = 0;
        while (length < count)
        {
            var received = await Eventually.ResultAsync(socket.ReceiveAsync(bytes.AsMemory(length)).AsTask());
            if (received == 0)
            {
                break;
            }

            length += received;
        }

        return bytes[..length];
    }

    /// <summary>Everything until the peer has finished sending.</summary>
    public static async Task<byte[]> ReceiveToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int received;
        while ((received = await Eventually.ResultAsync(socket.ReceiveAsync(buffer.AsMemory()).AsTask())) > 0)
        {
            all.Write(buffer, 0, received);
        }

        return all.ToArray();
    }

    private sealed class CapturingStream : MemoryStream
    {
        public MemoryStream Written { get; } = new();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
