using System.Net;
using System.Net.Sockets;
using McpTunnel.Protocol.Codes;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// The edge's public port: listening sockets, their accept loops, and the one sweep that keeps every deadline. Order of the end:
/// no more connections → (streams run out, outside) → sweep stopped.
/// </summary>
internal sealed class IngressServer(IngressServices services, ILogger<AcceptLoop> acceptLogger) : IAsyncDisposable
{
    /// <summary>How exact deadlines are, and how soon a break is seen that no receive could see.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Socket> _listening = [];
    private readonly List<Task> _loops = [];
    private ITimer? _sweep;
    private int _sweeping;

    /// <summary>Where it listens, with the ports that port 0 became, in the order of the options.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Whether connections are being accepted.</summary>
    public bool IsListening => EndPoints.Count > 0 && !_stopping.IsCancellationRequested && _loops.TrueForAll(loop => !loop.IsCompleted);

    /// <summary>Binds every address before the first connection is accepted.</summary>
    /// <exception cref="EdgeStartException">An address cannot be used; nothing listens then.</exception>
    public void Start(IReadOnlyList<IPEndPoint> endPoints, int backlog)
    {
        try
        {
            foreach (var endPoint in endPoints)
            {
                _listening.Add(IngressSocket.Listen(endPoint, backlog));
            }
        }
        catch (EdgeStartException)
        {
            _listening.ForEach(socket => socket.Dispose());
            throw;
        }

        EndPoints = [.. _listening.Select(socket => (IPEndPoint)socket.LocalEndPoint!)];
        _sweep = services.Time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
        _loops.AddRange(_listening.Select(RunAcceptLoopAsync));
    }

    /// <summary>Takes no more connections; those there are go on.</summary>
    public async Task StopAcceptingAsync()
    {
        await _stopping.CancelAsync();
        _listening.ForEach(socket => socket.Dispose());
        await Task.WhenAll(_loops);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAcceptingAsync();
        if (_sweep is not null)
        {
            await _sweep.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private Task RunAcceptLoopAsync(Socket socket) =>
        new AcceptLoop(socket.LocalEndPoint!.ToString()!, socket.AcceptAsync, Admit, services.Metrics, services.Time, acceptLogger).RunAsync(_stopping.Token);

    private void Admit(Socket socket)
    {
        try
        {
            socket.Blocking = false;
            var remote = (IPEndPoint)socket.RemoteEndPoint!;
            if (services.Admission.TryAdmit(remote.Address, out var origin) is { } refusal)
            {
                Refuse(socket, refusal);
                return;
            }

            var connection = new IngressConnection(services, socket, remote, origin);
            if (!services.Admission.Pending.TryAdd(connection))
            {
                services.Admission.ReleasePending(origin);
                Refuse(socket, TunnelCode.EdgeOverloaded);
                return;
            }

            services.Admission.HelloDeadlines.Add(connection);
            ThreadPool.UnsafeQueueUserWorkItem(connection, preferLocal: false);
        }
        catch (SocketException)
        {
            // Gone before it was looked at.
            services.Metrics.Connection(Telemetry.EdgeMetrics.ClosedEarly);
            socket.Dispose();
        }
    }

    /// <summary>Before any byte is read: whatever more is done for this one is what the limit is there to save.</summary>
    private void Refuse(Socket socket, TunnelCode code)
    {
        services.Metrics.Connection(code.WireName());
        AgentSocket.Reset(socket);
    }

    private void Sweep()
    {
        // A sweep that takes longer than the interval is not joined by a second one.
        if (Interlocked.Exchange(ref _sweeping, 1) == 0)
        {
            services.Admission.Sweep();
            services.Relays.Sweep();
            Volatile.Write(ref _sweeping, 0);
        }
    }
}
