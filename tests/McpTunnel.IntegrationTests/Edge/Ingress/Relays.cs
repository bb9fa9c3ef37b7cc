using System.IO.Pipelines;
using System.Net.Sockets;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

/// <summary>What tests do with the two ends of a relay.</summary>
internal static class Relays
{
    public static async Task<byte[]> ReadToEndAsync(PipeReader input)
    {
        using var all = new MemoryStream();
        await Eventually.EndAsync(input.CopyToAsync(all));
        return all.ToArray();
    }

    /// <summary>Sends until nothing moves any more; returns how much went.</summary>
    public static async Task<long> FillAsync(Socket agent)
    {
        var block = new byte[64 * 1024];
        var sent = 0L;
        while (true)
        {
            var send = agent.SendAsync(block.AsMemory()).AsTask();
            if (!await CompletesSoonAsync(send))
            {
                return sent;
            }

            sent += await send;
        }
    }

    /// <inheritdoc cref="FillAsync(Socket)"/>
    public static async Task<long> FillAsync(ILinkStream stream)
    {
        var block = new byte[64 * 1024];
        var sent = 0L;
        while (true)
        {
            var flush = stream.Output.WriteAsync(block).AsTask();
            if (!await CompletesSoonAsync(flush))
            {
                return sent;
            }

            sent += block.Length;
        }
    }

    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    public static async Task ExpectResetAsync(Socket agent)
    {
        var exception = await Assert.ThrowsAsync<SocketException>(() => Agents.ReceiveToEndAsync(agent));
        Assert.That(exception!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    public static async Task EndsAsync(EdgeFixture edge, string reason)
    {
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.streams.closed", reason) == 1, $"the relay ends: {reason}");
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.streams"), Is.Zero);
    }

    /// <summary>False when it is stuck: then only the passing of some time can tell.</summary>
    private static async Task<bool> CompletesSoonAsync(Task task)
    {
        if (!task.IsCompleted)
        {
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        return task.IsCompleted;
    }
}
