using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Transport.Sockets;

/// <summary>
/// Connects over TCP, address after address where a name has several. The framework does that by itself only for sockets on which nothing was set that it does not know: after an address that
/// failed it wants to go on with a new socket, and cannot copy a raw option to it. So each address gets a socket of its own here.
/// </summary>
/// <param name="resolve">DNS.</param>
/// <param name="prepare">Sets options on each socket before it connects.</param>
/// <param name="patience">Time for one address while there are others left to try.</param>
/// <param name="time">The clock.</param>
internal sealed class TcpDial(Func<string, CancellationToken, Task<IPAddress[]>> resolve, Action<Socket, IPAddress> prepare, TimeSpan patience, TimeProvider time)
{
    /// <exception cref="SocketException">The name does not resolve, or none of its addresses took the connection: what happened at the last one.</exception>
    public async Task<Socket> ConnectAsync(EndPoint target, CancellationToken cancellationToken)
    {
        var addresses = await AddressesOfAsync(target, cancellationToken);
        for (var i = 0; ; i++)
        {
            var isLast = i == addresses.Length - 1;
            using var limit = isLast ? null : new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit?.Token ?? CancellationToken.None);
            try
            {
                return await ConnectAsync(addresses[i], either.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !isLast && !cancellationToken.IsCancellationRequested)
            {
                // The next one may be better.
            }
        }
    }

    private async Task<IPEndPoint[]> AddressesOfAsync(EndPoint target, CancellationToken cancellationToken)
    {
        if (target is IPEndPoint address)
        {
            return [address];
        }

        var name = target as DnsEndPoint ?? throw new NotSupportedException($"Nothing is dialled at an address like {target}.");
        var resolved = await resolve(name.Host, cancellationToken);
        return resolved.Length > 0 ? [.. resolved.Select(found => new IPEndPoint(found, name.Port))] : throw new SocketException((int)SocketError.HostNotFound);
    }

    private async Task<Socket> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            prepare(socket, address.Address);
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
