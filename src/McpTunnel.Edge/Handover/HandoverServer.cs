using System.Net.Sockets;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// Hands this process's place over to a new one that asks for it at the socket in the state directory; see <see cref="Predecessor"/> for the course.
/// Until the new one says that it is ready this process serves as always, and goes on doing so when the new one dies on the way.
/// </summary>
internal sealed class HandoverServer(
    ListenSockets sockets, HandoverState state, Neighbour neighbour, ChangeGate changes, TimeProvider time, ILogger<HandoverServer> logger) : IAsyncDisposable
{
    /// <summary>Of the messages: raised when an older process could not understand a newer one.</summary>
    public const int Version = 1;

    /// <summary>For the other one's log.</summary>
    public static readonly string Software = typeof(HandoverServer).Assembly.GetName().Version!.ToString(3);

    /// <summary>The socket's own name among the listening sockets.</summary>
    private const string Name = "handover";

    /// <summary>A change of the registry takes milliseconds, and at most what SQLite waits for a lock.</summary>
    private static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _successorLost = new();
    private readonly TaskCompletionSource<HandoverChannel> _relieved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _serving = Task.CompletedTask;

    /// <summary>Completes with the process that has taken over, once it is ready to accept.</summary>
    public Task<HandoverChannel> Relieved => _relieved.Task;

    /// <summary>Cancelled when the process that has taken over ends before this one.</summary>
    public CancellationToken SuccessorLost => _successorLost.Token;

    /// <summary>What a successor is told about the service manager.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>Listens for a successor. What keeps it from that is a line in the log.</summary>
    /// <param name="leave">Stops accepting, everywhere.</param>
    /// <param name="onConnection">Takes a connection that the successor cannot serve.</param>
    public void Start(Func<Task> leave, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            var socket = sockets.Take(Name, () => HandoverSocket.Listen(state.SocketPath));
            _serving = AcceptAsync(socket.Accepting, leave, onConnection);
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            logger.HandoverUnavailable(exception.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _successorLost.Dispose();
        _stopping.Dispose();
    }

    /// <summary>One after the other, until one has taken over.</summary>
    private async Task AcceptAsync(Socket listening, Func<Task> leave, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        try
        {
            while (true)
            {
                using var channel = new HandoverChannel(await listening.AcceptAsync(_stopping.Token), time);
                if (channel.Peer.User == HandoverSocket.User && await OfferAsync(channel))
                {
                    await leave();

                    // First the word that the other side waits for, then what it takes after that.
                    channel.TrySend(new HandoverMessage(HandoverMessage.Left));
                    neighbour.Precede(channel);
                    _relieved.SetResult(channel);
                    await ObeyAsync(channel, onConnection);
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // This process stops.
        }
    }

    /// <summary>True when the other process is ready; false when it is not, for whatever reason: all is as before then.</summary>
    private async Task<bool> OfferAsync(HandoverChannel channel)
    {
        using var patience = new CancellationTokenSource(HelloPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        try
        {
            if (await channel.ReceiveAsync(either.Token) is not ({ Kind: HandoverMessage.TakeOver } hello, _))
            {
                return false;
            }

            logger.HandoverAsked(channel.Peer.Process, hello.Software ?? "?");
            var open = sockets.Open;
            var offer = new HandoverMessage(HandoverMessage.Offer)
            {
                Version = Version,
                Software = Software,
                Names = [.. open.Select(socket => socket.Name)],
                Environment = Environment,
            };
            await channel.SendAsync(offer, [state.Lock.Handle, .. open.Select(socket => socket.Handle)], either.Token);
            if (await ExpectAsync(channel, HandoverMessage.Release) && await ReleaseAsync(channel) && await ExpectAsync(channel, HandoverMessage.Ready))
            {
                logger.HandedOver(channel.Peer.Process);
                return true;
            }
        }
        catch (Exception exception) when (exception is IOException || (exception is OperationCanceledException && !_stopping.IsCancellationRequested))
        {
            // As below.
        }

        changes.Open();
        logger.HandoverAbandoned(channel.Peer.Process);
        return false;
    }

    /// <summary>Only the other side's end, or this process's, ends the waiting: a new process has files to read and tables to bring up to date.</summary>
    private async Task<bool> ExpectAsync(HandoverChannel channel, string kind) =>
        await channel.ReceiveAsync(_stopping.Token) is var (message, _) && message.Kind == kind;

    private async Task<bool> ReleaseAsync(HandoverChannel channel)
    {
        try
        {
            await changes.CloseAsync().WaitAsync(ChangePatience, time, _stopping.Token);
            return channel.TrySend(new HandoverMessage(HandoverMessage.Released));
        }
        catch (TimeoutException)
        {
            channel.TrySend(new HandoverMessage(HandoverMessage.Refused) { Detail = "A change of its registry takes long. Try again." });
            return false;
        }
    }

    private async Task ObeyAsync(HandoverChannel channel, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        try
        {
            while (await channel.ReceiveAsync(_stopping.Token) is var (message, descriptors))
            {
                if (message.Kind == HandoverMessage.Connection && descriptors is [{ } descriptor])
                {
                    onConnection(descriptor, message);
                }
                else
                {
                    neighbour.Obey(message);
                }
            }
        }
        finally
        {
            // However it ended: without the other side, nothing tells this one of revocations.
            if (!_stopping.IsCancellationRequested)
            {
                logger.SuccessorLost(channel.Peer.Process);
                await _successorLost.CancelAsync();
            }
        }
    }
}
