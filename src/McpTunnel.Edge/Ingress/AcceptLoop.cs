using System.Net.Sockets;
using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// Takes connections off one listening socket until it is closed. Nothing that a connection does, and no failure to accept one,
/// ends it: when the process has no descriptors left, the loop waits a little, so that it neither spins nor gives up.
/// </summary>
internal sealed class AcceptLoop(
    string address,
    Func<CancellationToken, ValueTask<Socket>> accept,
    Action<Socket> onAccepted,
    EdgeMetrics metrics,
    TimeProvider time,
    ILogger<AcceptLoop> logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <summary>Runs until <paramref name="cancellationToken"/> is cancelled or the socket is closed. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Texts and traces of errors come from assemblies that are loaded when first asked for: not for the first time when there is no descriptor left to load them with.
        _ = new SocketException((int)SocketError.TooManyOpenSockets).ToString();
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var socket = await accept(cancellationToken);
                if (failures > 0)
                {
                    logger.AcceptRecovered(address, failures);
                    failures = 0;
                }

                onAccepted(socket);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception)
            {
                var error = (exception as SocketException)?.SocketErrorCode.ToString() ?? exception.GetType().Name;
                metrics.AcceptError(error);
                if (!IsOfOneConnection(exception))
                {
                    await DelayAsync(exception, error, failures++, cancellationToken);
                }
            }
        }
    }

    /// <summary>Failures that belong to the connection that was about to be accepted (accept(2)): the next one is not concerned.</summary>
    private static bool IsOfOneConnection(Exception exception) => exception is SocketException
    {
        SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.TimedOut or SocketError.NetworkDown
            or SocketError.HostDown or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.ProtocolOption,
    };

    private async Task DelayAsync(Exception exception, string error, int failures, CancellationToken cancellationToken)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(failures, 10));
        delay = delay < LongestDelay ? delay : LongestDelay;
        logger.AcceptFailed(exception, address, error, delay);
        try
        {
            await Task.Delay(delay, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The loop's own condition ends it.
        }
    }
}
