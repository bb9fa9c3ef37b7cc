using System.Net.Sockets;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Initialization;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// The running process of this node, as the new one sees it that takes over:
/// <code>
///   take-over ─▶ offer (lock, listening sockets) ─▶ release ─▶ released: the registry is ours ─▶ ready ─▶ left: we accept
///   then, until it has ended: connections and revocations go to the one that is concerned
/// </code>
/// When it ends by itself on the way, there is nothing to wait for: its sockets are here. When it refuses, it keeps its place, and this one gives up. Owns what it was given.
/// </summary>
internal sealed class Predecessor : IDisposable
{
    /// <summary>Each answer comes at once, or after a change of the registry that was being written.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HandoverChannel _channel;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _udpFree = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Predecessor(HandoverChannel channel, HandoverMessage offer, StateLock stateLock, ListenSockets sockets, TimeProvider time, ILogger logger)
    {
        _channel = channel;
        _time = time;
        _logger = logger;
        Environment = offer.Environment ?? new Dictionary<string, string>();
        Lock = stateLock;
        Sockets = sockets;
    }

    /// <summary>What the service manager told it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The lock of the state directory, which both processes have.</summary>
    public StateLock Lock { get; }

    /// <summary>Its listening sockets, which both processes have.</summary>
    public ListenSockets Sockets { get; }

    /// <summary>Completes when its UDP ports can be bound.</summary>
    public Task UdpFree => _udpFree.Task;

    /// <summary>Completes when it has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Finds the process that runs with a state directory, and asks it for its sockets.</summary>
    /// <exception cref="EdgeStartException">There is none, or it refuses.</exception>
    public static async Task<Predecessor> MeetAsync(string state, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new EdgeStartException("An edge can be taken over only on Linux. Stop the running one, and start without --take-over.");
        }

        var channel = new HandoverChannel(await ConnectAsync(state, cancellationToken), time);
        try
        {
            if (channel.Peer.User != HandoverSocket.User)
            {
                throw new EdgeStartException($"The running edge, process {channel.Peer.Process}, belongs to user {channel.Peer.User}. Take it over as that user.");
            }

            await channel.SendAsync(new HandoverMessage(HandoverMessage.TakeOver) { Version = HandoverServer.Version, Software = HandoverServer.Software }, [], cancellationToken);
            var (offer, descriptors) = await ReceiveAsync(channel, HandoverMessage.Offer, time, cancellationToken)
                ?? throw Absent(state, "The running edge has ended.");
            var predecessor = Inherit(channel, offer, descriptors, time, logger);
            logger.HandoverBegan(channel.Peer.Process, offer.Software ?? "?", descriptors.Count - 1);
            return predecessor;
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>Has it change nothing in the registry any more.</summary>
    /// <exception cref="EdgeStartException">It refuses.</exception>
    public async Task ReleaseRegistryAsync(CancellationToken cancellationToken)
    {
        _channel.TrySend(new HandoverMessage(HandoverMessage.Release));
        await HearAsync(HandoverMessage.Released, cancellationToken);
    }

    /// <summary>
    /// Has it stop accepting, and begins to exchange with it what concerns the other one. Once this has begun there is no way back, so nothing cancels it.
    /// </summary>
    /// <exception cref="EdgeStartException">It keeps its place, because this one took too long.</exception>
    public async Task RelieveAsync(Neighbour neighbour, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        var isTold = _channel.TrySend(new HandoverMessage(HandoverMessage.Ready));
        try
        {
            // Told or not: it may be dead, or have taken its place back just before, and then it says so.
            await HearAsync(HandoverMessage.Left, CancellationToken.None);
        }
        catch (EdgeStartException exception) when (isTold && exception.InnerException is TimeoutException)
        {
            // It was told and will leave; were this one to give up now, nobody would serve. Its word is taken when it comes.
        }

        neighbour.Follow(_channel);
        _ = FollowAsync(neighbour, onConnection);
    }

    public void Dispose()
    {
        _channel.Dispose();
        Sockets.Dispose();
        Lock.Dispose();
        _udpFree.TrySetResult();
        _ended.TrySetResult();
    }

    /// <summary>Takes what is offered; where that is not possible nothing of it stays open.</summary>
    private static Predecessor Inherit(HandoverChannel channel, HandoverMessage offer, IReadOnlyList<SafeFileHandle> descriptors, TimeProvider time, ILogger logger)
    {
        var sockets = new List<(string Name, Socket Socket)>();
        try
        {
            if (offer.Names is { } names && descriptors.Count == names.Count + 1)
            {
                foreach (var (name, descriptor) in names.Zip(descriptors.Skip(1)))
                {
                    sockets.Add((name, Descriptors.ToSocket(descriptor)));
                }

                return new Predecessor(channel, offer, StateLock.Adopt(descriptors[0]), new ListenSockets(sockets), time, logger);
            }
        }
        catch (SocketException)
        {
            // As when there are too few.
        }

        sockets.ForEach(socket => socket.Socket.Dispose());
        HandoverChannel.Close(descriptors);
        throw new EdgeStartException("The running edge offers something that this version does not understand. Stop it, and start without --take-over.");
    }

    private static async Task<Socket> ConnectAsync(string state, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Path.GetFullPath(state), EdgeStateFiles.Handover);
        try
        {
            return await HandoverSocket.ConnectAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentOutOfRangeException)
        {
            throw Absent(state, $"No edge that can be taken over runs with the state directory {Path.GetDirectoryName(path)}: {exception.Message}.", exception);
        }
    }

    /// <summary>Nobody is there to be asked. Somebody may be in a moment, when several processes want the place at once: the lock goes from one to the next and is never free.</summary>
    private static EdgeStartException Absent(string state, string otherwise, Exception? cause = null)
    {
        try
        {
            using (StateLock.Take(state, EdgeStateFiles.Lock))
            {
                return new EdgeStartException($"{otherwise} Start without --take-over.", cause);
            }
        }
        catch (CertificateException exception) when (exception.Fault == CertificateFault.InUse)
        {
            return new EdgeStartException("An edge runs there and cannot be taken over at this moment: another process has just done so, or it starts or stops. Try again in some seconds.", cause);
        }
        catch (CertificateException)
        {
            return new EdgeStartException($"{otherwise} Start without --take-over.", cause);
        }
    }

    /// <summary>Waits for the answer, or for the end of the other side.</summary>
    private async Task HearAsync(string kind, CancellationToken cancellationToken)
    {
        if (await ReceiveAsync(_channel, kind, _time, cancellationToken) is var (_, descriptors))
        {
            HandoverChannel.Close(descriptors);
        }
    }

    /// <summary>The answer; null when the other side has ended.</summary>
    /// <exception cref="EdgeStartException">It refuses; or, with a <see cref="TimeoutException"/> inside, it does not answer.</exception>
    private static async Task<(HandoverMessage Message, IReadOnlyList<SafeFileHandle> Descriptors)?> ReceiveAsync(
        HandoverChannel channel, string kind, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (await channel.ReceiveAsync(either.Token) is { } received)
            {
                if (received.Message.Kind == kind)
                {
                    return received;
                }

                HandoverChannel.Close(received.Descriptors);
                if (received.Message.Kind == HandoverMessage.Refused)
                {
                    throw new EdgeStartException($"The running edge, process {channel.Peer.Process}, does not hand over: {received.Message.Detail}");
                }
            }

            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EdgeStartException($"The running edge, process {channel.Peer.Process}, does not answer. It goes on; see its log.", new TimeoutException());
        }
    }

    private async Task FollowAsync(Neighbour neighbour, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        try
        {
            while (await _channel.ReceiveAsync(CancellationToken.None) is var (message, descriptors))
            {
                if (message.Kind == HandoverMessage.Connection && descriptors is [{ } descriptor])
                {
                    onConnection(descriptor, message);
                    continue;
                }

                HandoverChannel.Close(descriptors);
                if (message.Kind == HandoverMessage.UdpFree)
                {
                    _udpFree.TrySetResult();
                }
            }
        }
        finally
        {
            neighbour.ForgetBefore();
            _logger.PredecessorEnded(_channel.Peer.Process);
            _udpFree.TrySetResult();
            _ended.TrySetResult();
        }
    }
}
