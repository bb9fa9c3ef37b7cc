using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// The edge's public port: listening sockets, their accept loops, and the one sweep that keeps every deadline. Order of the end:
/// no more connections → (streams run out, outside) → sweep stopped.
/// </summary>
internal sealed class IngressServer(IngressServices services, ListenSockets sockets, DescriptorRoom descriptors, ILogger<AcceptLoop> acceptLogger) : IAsyncDisposable
{
    /// <summary>How exact deadlines are, and how soon a break is seen that no receive could see.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often is looked whether the last connections have named their servers.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<ListenSocket> _listening = [];
    private readonly List<Task> _loops = [];
    private int _backlog;
    private ITimer? _sweep;
    private int _sweeping;

    /// <summary>Where it listens, with the ports that port 0 became, in the order of the options.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Whether connections are being accepted.</summary>
    public bool IsListening => EndPoints.Count > 0 && !_stopping.IsCancellationRequested && _loops.TrueForAll(loop => !loop.IsCompleted);

    /// <summary>Binds every address. Connections wait from then on until <see cref="Start"/>.</summary>
    /// <exception cref="EdgeStartException">An address cannot be used.</exception>
    public void Bind(IReadOnlyList<IPEndPoint> endPoints, int backlog)
    {
        _backlog = backlog;
        foreach (var endPoint in endPoints)
        {
            var socket = sockets.Take($"listen {endPoint}", () => IngressSocket.Listen(endPoint, backlog));
            socket.Accepting.Listen(backlog);
            _listening.Add(socket);
        }

        EndPoints = [.. _listening.Select(socket => (IPEndPoint)socket.EndPoint)];
    }

    /// <summary>Begins to accept.</summary>
    public void Start()
    {
        _sweep = services.Time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
        _loops.AddRange(_listening.Select(RunAcceptLoopAsync));
    }

    /// <summary>Takes in a connection that the other process of this node accepted; see <see cref="Handover.Neighbour"/>.</summary>
    public void Adopt(SafeFileHandle descriptor, HandoverMessage message)
    {
        Socket socket;
        try
        {
            socket = Descriptors.ToSocket(descriptor, message.Final ? message.Formerly : null);
        }
        catch (SocketException)
        {
            services.Metrics.Connection(Telemetry.EdgeMetrics.ClosedEarly);
            return;
        }

        Admit(socket, new PassedConnection(message.Hello ?? [], message.Final, message.Formerly));
    }

    /// <summary>Takes no more connections; those there are go on.</summary>
    public async Task StopAcceptingAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        _listening.ForEach(socket => socket.Dispose());
    }

    /// <summary>
    /// As <see cref="StopAcceptingAsync"/>, and whoever has a connection already is served: to the agent it is one, whether it waits in the kernel's queue or has not named its
    /// server yet.
    /// </summary>
    /// <param name="patience">For those that say nothing.</param>
    public async Task FinishAcceptingAsync(TimeSpan patience)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        _listening.ForEach(socket => IngressSocket.TakeQueued(socket.Accepting, _backlog, accepted => Admit(accepted, passed: null)));
        await StopAcceptingAsync();
        var began = services.Time.GetTimestamp();
        while (services.Admission.Pending.Count > 0 && services.Time.GetElapsedTime(began) < patience)
        {
            await Task.Delay(Step, services.Time);
        }
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

    private Task RunAcceptLoopAsync(ListenSocket socket) =>
        new AcceptLoop(socket.EndPoint.ToString()!, socket.Accepting.AcceptAsync, accepted => Admit(accepted, passed: null), services.Metrics, services.Time, acceptLogger).RunAsync(_stopping.Token);

    private void Admit(Socket socket, PassedConnection? passed)
    {
        try
        {
            if (!descriptors.Has(socket))
            {
                Refuse(socket, TunnelCode.EdgeOverloaded);
                return;
            }

            socket.Blocking = false;
            if (socket.RemoteEndPoint is not IPEndPoint remote)
            {
                // A connection that came from the other process and has been reset meanwhile has no address any more.
                throw new SocketException((int)SocketError.NotConnected);
            }

            if (services.Admission.TryAdmit(remote.Address, out var origin) is { } refusal)
            {
                Refuse(socket, refusal);
                return;
            }

            var connection = new IngressConnection(services, socket, remote, origin, passed);
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
