using System.Net.Sockets;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// Hands this process's place over to a new one that asks for it at the socket in the state directory; see <see cref="Predecessor"/> for the course.
/// Until the new one says that it is ready this process serves as always, and goes on doing so when the new one dies on the way, or takes too long.
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

    /// <summary>
    /// For each step of the new process. It has files to read, and tables to bring up to date, which takes seconds where there are many audit entries; meanwhile nothing can be
    /// revoked here, so one that hangs is not waited for.
    /// </summary>
    private static readonly TimeSpan StepPatience = TimeSpan.FromMinutes(2);

    /// <summary>After a failure to accept, which is one of the whole process mostly, such as too many open files.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

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
    /// <param name="leave">Stops accepting, everywhere. There is no way back, so what of it fails is a line in the log too.</param>
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
            Start(socket.Accepting.AcceptAsync, leave, onConnection);
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            logger.HandoverUnavailable(exception.Message);
        }
    }

    /// <summary>As a seam for tests: <paramref name="accept"/> is all that is asked of the socket.</summary>
    internal void Start(Func<CancellationToken, ValueTask<Socket>> accept, Func<Task> leave, Action<SafeFileHandle, HandoverMessage> onConnection) =>
        _serving = ServeAsync(accept, leave, onConnection);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _successorLost.Dispose();
        _stopping.Dispose();
    }

    /// <summary>One after the other, until one has taken over.</summary>
    private async Task ServeAsync(Func<CancellationToken, ValueTask<Socket>> accept, Func<Task> leave, Action<SafeFileHandle, HandoverMessage> onConnection)
    {
        while (await AcceptAsync(accept) is { } channel)
        {
            using (channel)
            {
                if (await OfferAsync(channel))
                {
                    await LeaveAsync(channel, leave);
                    await ObeyAsync(channel, onConnection);
                    return;
                }
            }
        }
    }

    /// <summary>The next process of this user that asks for something; null when this process stops.</summary>
    private async Task<HandoverChannel?> AcceptAsync(Func<CancellationToken, ValueTask<Socket>> accept)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var channel = new HandoverChannel(await accept(_stopping.Token), time);
                if (channel.Peer.User == HandoverSocket.User)
                {
                    return channel;
                }

                channel.Dispose();
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException exception)
            {
                logger.AcceptFailed(exception, state.SocketPath, exception.SocketErrorCode.ToString(), AcceptPause);
                await Task.WhenAny(Task.Delay(AcceptPause, time, _stopping.Token));
            }
        }

        return null;
    }

    /// <summary>True when the other process is ready; false when it is not, for whatever reason: all is as before then.</summary>
    private async Task<bool> OfferAsync(HandoverChannel channel)
    {
        string? refusal;
        try
        {
            refusal = await TryOfferAsync(channel);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            refusal = exception.Message;
        }
        catch (Exception)
        {
            // This process ends, and changes nothing any more.
            return false;
        }

        if (refusal is null)
        {
            logger.HandedOver(channel.Peer.Process);
            return true;
        }

        // A channel that ends without a word would mean to the other side that this process is dead and its place free. What it sent is not left unread, or a reset would overtake
        // the word.
        channel.StopReceiving();
        while (channel.TryHear() is not null)
        {
        }

        channel.TrySend(new HandoverMessage(HandoverMessage.Refused) { Detail = refusal });
        changes.Open();
        logger.HandoverAbandoned(channel.Peer.Process);
        return false;
    }

    /// <summary>Null when the other process is ready, or else why this one does not go.</summary>
    private async Task<string?> TryOfferAsync(HandoverChannel channel)
    {
        using var patience = new CancellationTokenSource(HelloPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        if (await channel.HearAsync(either.Token) is not { Kind: HandoverMessage.TakeOver } hello)
        {
            return "It expects to be asked to hand over.";
        }

        logger.HandoverAsked(channel.Peer.Process, hello.Software ?? "?");

        // All but the socket of this very conversation, which each process makes for itself: the kernel tells whoever connects the process that called listen (unix(7), SO_PEERCRED), and
        // that would be this one still.
        var open = sockets.Open.Where(socket => socket.Name != Name).ToList();
        var offer = new HandoverMessage(HandoverMessage.Offer)
        {
            Version = Version,
            Software = Software,
            Names = [.. open.Select(socket => socket.Name)],
            Environment = Environment,
        };
        await channel.SendAsync(offer, [state.Lock.Handle, .. open.Select(socket => socket.Handle)], either.Token);
        return await ExpectAsync(channel, HandoverMessage.Release) ?? await ReleaseAsync(channel) ?? await ExpectAsync(channel, HandoverMessage.Ready);
    }

    /// <summary>Null when the other side says this in time, or else why not.</summary>
    private async Task<string?> ExpectAsync(HandoverChannel channel, string kind)
    {
        using var patience = new CancellationTokenSource(StepPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        HandoverMessage? message;
        try
        {
            message = await channel.HearAsync(either.Token);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            message = channel.TryHear();
            if (message is null)
            {
                // A process that has said it is ready goes on, even if this one is silent then. So from here on it cannot say so any more.
                channel.StopReceiving();
                message = channel.TryHear();
            }

            if (message is null)
            {
                logger.HandoverTookTooLong(channel.Peer.Process, StepPatience);
                return $"It waited {StepPatience.TotalSeconds} s for the word '{kind}' and keeps its place.";
            }
        }

        return message?.Kind == kind ? null : $"It expects the word '{kind}'.";
    }

    private async Task<string?> ReleaseAsync(HandoverChannel channel)
    {
        try
        {
            await changes.CloseAsync().WaitAsync(ChangePatience, time, _stopping.Token);
            channel.TrySend(new HandoverMessage(HandoverMessage.Released));
            return null;
        }
        catch (TimeoutException)
        {
            return "A change of its registry takes long. Try again.";
        }
    }

    private async Task LeaveAsync(HandoverChannel channel, Func<Task> leave)
    {
        try
        {
            await leave();
        }
        catch (Exception exception)
        {
            // The new process serves, whatever is left open here until the end.
            logger.LeavingFailed(exception);
        }

        // First the word that the other side waits for, then what it takes after that.
        channel.TrySend(new HandoverMessage(HandoverMessage.Left));
        neighbour.Precede(channel);
        _relieved.SetResult(channel);
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
                    continue;
                }

                HandoverChannel.Close(descriptors);
                neighbour.Obey(message);
            }
        }
        catch (OperationCanceledException)
        {
            // This process stops.
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
