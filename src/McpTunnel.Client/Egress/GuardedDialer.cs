using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Telemetry;

namespace McpTunnel.Client.Egress;

/// <summary>
/// Opens connections for a <see cref="SocketsHttpHandler"/>: resolves once, judges each address, and dials exactly an address that
/// was judged, so that an answer which changes in between changes nothing. Thread-safe.
/// </summary>
/// <param name="purpose">Names the target in metrics: the server, or the issuer's host.</param>
/// <param name="rules">The addresses allowed.</param>
/// <param name="resolver">Turns names into addresses.</param>
/// <param name="attemptTimeout">Time for one address while there are others left to try.</param>
/// <param name="time">The clock.</param>
internal sealed class GuardedDialer(string purpose, AddressRules rules, IHostResolver resolver, TimeSpan attemptTimeout, TimeProvider time)
{
    /// <summary>Addresses of one name that are tried.</summary>
    private const int MaxAddresses = 16;

    // Behind a name with several addresses may be several instances, and a session lives in one of them: the address that
    // worked is kept while the name still leads to it.
    private volatile IPAddress? _last;

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await AllowedAddressesAsync(target.Host, cancellationToken);
        for (var i = 0; ; i++)
        {
            try
            {
                var isLast = i == addresses.Count - 1;
                var stream = await DialAsync(new IPEndPoint(addresses[i], target.Port), isLast ? Timeout.InfiniteTimeSpan : attemptTimeout, cancellationToken);
                _last = addresses[i];
                ClientMetrics.Connected(purpose, "connected");
                return stream;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                ClientMetrics.Connected(purpose, exception is SocketException ? "refused" : "timeout");
                if (cancellationToken.IsCancellationRequested || i == addresses.Count - 1)
                {
                    throw;
                }
            }
        }
    }

    private async Task<List<IPAddress>> AllowedAddressesAsync(string host, CancellationToken cancellationToken)
    {
        IPAddress[] resolved = IPAddress.TryParse(host, out var literal) ? [literal] : await ResolveAsync(host, cancellationToken);
        var allowed = resolved.Take(MaxAddresses)
            .Select(address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
            .Where(rules.Allows)
            .ToList();
        if (allowed.Count == 0)
        {
            ClientMetrics.Connected(purpose, "forbidden");
            throw new AddressForbiddenException($"{host} leads to {string.Join(", ", resolved.Take(MaxAddresses).AsEnumerable())}, which the allowed networks do not contain");
        }

        if (_last is { } last && allowed.Remove(last))
        {
            allowed.Insert(0, last);
        }

        return allowed;
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        var resolved = await resolver.ResolveAsync(host, cancellationToken);
        return resolved.Length > 0 ? resolved : throw new SocketException((int)SocketError.HostNotFound);
    }

    private async Task<NetworkStream> DialAsync(IPEndPoint endPoint, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = timeout == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit?.Token ?? CancellationToken.None);
            await socket.ConnectAsync(endPoint, either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
