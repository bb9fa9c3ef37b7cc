using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// One accepted connection, from its first byte to where it belongs:
/// <code>
///   admitted (pending) ─▶ ClientHello ─▶ own name ─▶ Kestrel
///                              │       ─▶ tunnel   ─▶ stream of a link ─▶ relay
///                              └─ anything else, too late, too long ─▶ alert, close
/// </code>
/// It owns the socket until it is handed on, and its place among the pending until then. While one process of this node takes over from another, a
/// connection may have been accepted by the other one, or be given to it.
/// </summary>
internal sealed class IngressConnection(IngressServices services, Socket socket, IPEndPoint remote, Origin origin, PassedConnection? passed)
    : PendingConnection, IThreadPoolWorkItem
{
    private readonly long _accepted = services.Time.GetTimestamp();
    private readonly string _id = ConnectionIds.Next();
    private string _serverName = "-";
    private long _asked;

    private AdmissionControl Admission => services.Admission;

    public void Execute() => _ = RunAsync();

    protected internal override void OnDeadline() => Refusal.SayAndEnd(socket, TlsAlert.For(TunnelCode.ClientHelloTimeout));

    /// <summary>By a reset: its kernel memory is wanted too, and words would be for one that is not there, most likely.</summary>
    protected internal override void OnDropped() => AgentSocket.Reset(socket);

    private async Task RunAsync()
    {
        try
        {
            var stream = await RouteAsync();
            if (stream is not null)
            {
                await RelayAsync(stream);
            }
        }
        catch (Exception exception)
        {
            socket.Dispose();
            services.Metrics.Connection(TunnelCode.InternalError.WireName());
            services.Logger.ConnectionFaulted(exception, _id, remote);
        }
    }

    /// <summary>Everything up to the relay; null when the connection went elsewhere or ended.</summary>
    private async Task<TunnelStream?> RouteAsync()
    {
        using var hello = new HelloBuffer(Admission);
        try
        {
            var (info, refusal) = await ReadHelloAsync(hello);
            var inTime = Admission.HelloDeadlines.Remove(this);
            if (!Admission.Pending.TryMove(this, PendingStage.Dispatching))
            {
                // Made way for another.
                Count(TunnelCode.EdgeOverloaded);
                return null;
            }

            if (!inTime)
            {
                // The sweep has said so to the peer already.
                Count(TunnelCode.ClientHelloTimeout);
                socket.Dispose();
                return null;
            }

            if (info is null || refusal is not null)
            {
                return await RefuseAsync(refusal, hello);
            }

            services.Metrics.ClientHelloRead(services.Time.GetElapsedTime(_accepted));
            _serverName = info.ServerName!;
            _asked = services.Time.GetTimestamp();
            return await DispatchAsync(hello);
        }
        finally
        {
            Admission.Pending.Remove(this);
            Admission.ReleasePending(origin);
        }
    }

    /// <summary>The hello, or why there is none; neither when the peer left before it had sent one.</summary>
    private async Task<(ClientHelloInfo? Hello, TunnelCode? Refusal)> ReadHelloAsync(HelloBuffer buffer)
    {
        var reader = new ClientHelloReader();
        try
        {
            if (passed is not null)
            {
                if (!buffer.TryCopy(passed.Hello))
                {
                    return (null, TunnelCode.EdgeOverloaded);
                }

                var known = reader.TryRead(buffer.Received.Span, out var read);
                return (read, known.ToCode());
            }

            // Nothing is rented for one that never sends a byte.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            while (true)
            {
                if (!buffer.TryGrow())
                {
                    return (null, TunnelCode.EdgeOverloaded);
                }

                if (buffer.Free.IsEmpty)
                {
                    return (null, TunnelCode.ClientHelloTooLarge);
                }

                var received = await socket.ReceiveAsync(buffer.Free, SocketFlags.None);
                if (received == 0)
                {
                    return (null, null);
                }

                buffer.Advance(received);
                var status = reader.TryRead(buffer.Received.Span, out var info);
                if (status != ClientHelloStatus.NeedMore)
                {
                    return (info, status.ToCode());
                }

                if (Stage == PendingStage.Silent)
                {
                    Admission.Pending.TryMove(this, PendingStage.Speaking);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return (null, null);
        }
    }

    private async Task<TunnelStream?> DispatchAsync(HelloBuffer hello)
    {
        if (services.Names.IsOwn(_serverName))
        {
            if (services.Neighbour.TryPassOwnName(socket, hello.Received))
            {
                return PassedOn();
            }

            if (!services.OwnNames.TryHandOver(_id, socket, hello, origin, services.Names.IsLink(_serverName)))
            {
                return await RefuseAsync(TunnelCode.EdgeOverloaded, hello);
            }

            services.Metrics.Connection(EdgeMetrics.OwnName);
            return null;
        }

        var label = services.Names.TunnelLabel(_serverName);
        if (label.IsEmpty || services.Tunnels.FindTunnel(label) is not { } tunnel)
        {
            return await RefuseAsync(TunnelCode.UnknownName, hello);
        }

        var (stream, refusal) = await OpenAsync(tunnel, hello);
        if (stream is not null)
        {
            return stream;
        }

        if (refusal is not { } code)
        {
            return PassedOn();
        }

        services.Metrics.StreamFailed(code);
        return await RefuseAsync(code, hello);
    }

    /// <summary>The stream, or why there is none; neither when the other process of this node has the connection now.</summary>
    private async ValueTask<(TunnelStream? Stream, TunnelCode? Refusal)> OpenAsync(TunnelRecord tunnel, HelloBuffer hello)
    {
        if (!Admission.TryAddStream(origin))
        {
            return (null, TunnelCode.SourceLimit);
        }

        var agent = new AgentConnection(_id, remote, (IPEndPoint?)socket.LocalEndPoint, _serverName, hello.Received);
        var (stream, refusal) = await PassOrOpenAsync(agent, tunnel);
        if (services.Neighbour.IsKnown && refusal is TunnelCode.NoLink or TunnelCode.EdgeDraining)
        {
            // The last link was told to leave in between.
            (stream, refusal) = await PassOrOpenAsync(agent, tunnel);
        }

        if (stream is null)
        {
            Admission.ReleaseStream(origin);
        }

        return (stream, refusal);
    }

    private async ValueTask<(TunnelStream? Stream, TunnelCode? Refusal)> PassOrOpenAsync(AgentConnection agent, TunnelRecord tunnel)
    {
        if (await services.Neighbour.TryPassAsync(tunnel.Id, socket, agent.Hello, passed, _asked))
        {
            return (null, null);
        }

        var (stream, refusal) = await services.Tunnels.OpenAsync(agent, tunnel);
        return (stream, stream is null ? refusal : null);
    }

    private TunnelStream? PassedOn()
    {
        services.Metrics.Connection(EdgeMetrics.PassedOn);
        socket.Dispose();
        return null;
    }

    private async Task RelayAsync(TunnelStream tunnel)
    {
        services.Metrics.Connection(EdgeMetrics.Relayed);
        var stream = tunnel.Stream;
        var linkId = stream.Link.Identity.LinkId;
        services.Logger.StreamOpened(_id, remote, _serverName, linkId, stream.Id);
        var relay = new Relay(socket, stream, services.Pool, services.Time) { Answer = (services.Metrics, tunnel.Opened) };
        var end = await services.Relays.RunAsync(relay);
        tunnel.Links.ReleaseStream();
        Admission.ReleaseStream(origin);
        services.Metrics.StreamClosed(end.Name());
        services.Logger.StreamClosed(_id, linkId, stream.Id, end.Name(), relay.BytesToClient, relay.BytesToAgent);
    }

    private async Task<TunnelStream?> RefuseAsync(TunnelCode? refusal, HelloBuffer hello)
    {
        Count(refusal);
        if (refusal is not { } code)
        {
            socket.Dispose();
            return null;
        }

        Admission.Pending.TryMove(this, PendingStage.Refused);
        var words = Refusal.Words(code, hello.Received.Span);
        await new Refusal(socket).RunAsync(words, hello.Scratch, Admission.LingerDeadlines);
        return null;
    }

    /// <param name="refusal">Null when the peer left before it had said what it wanted.</param>
    private void Count(TunnelCode? refusal)
    {
        var outcome = refusal?.WireName() ?? EdgeMetrics.ClosedEarly;
        services.Metrics.Connection(outcome);
        services.Logger.ConnectionRefused(_id, remote, _serverName, outcome);
    }
}
