using System.Net;
using System.Net.Quic;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Transport.Handshake;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// Takes links of the quic carrier on one UDP address.
/// <code>
///   first packet → admitted? → TLS for the name → handshake (runtime, each by itself) → hello → link
/// </code>
/// No connection holds up another, and none ends the loop. Stopping takes no more; links that are up go on.
/// </summary>
public sealed class QuicLinkListener : IAsyncDisposable
{
    /// <summary>How soon after its time a handshake that failed is let go of.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long stopping waits for the native library.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly QuicLinkListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly QuicListener _listener;
    private readonly PendingHandshakes _pending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _sweep;
    private readonly Task _accepting;

    private QuicLinkListener(
        QuicLinkListenerOptions options, TimeProvider time, ILogger logger, QuicListener listener, PendingHandshakes pending)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _listener = listener;
        _pending = pending;
        _sweep = time.CreateTimer(static state => ((PendingHandshakes)state!).Sweep(), pending, SweepInterval, SweepInterval);
        _accepting = Task.Run(AcceptLoopAsync);
    }

    /// <summary>Where it listens, with a real port.</summary>
    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    /// <summary>Whether connections are being accepted.</summary>
    public bool IsListening => !_accepting.IsCompleted;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The address cannot be used, or the native library failed.</exception>
    public static async Task<QuicLinkListener> StartAsync(
        QuicLinkListenerOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var pending = new PendingHandshakes(options.Server.Link.HandshakeTimeout + SweepInterval, time);
        try
        {
            var listener = await QuicListener.ListenAsync(
                new QuicListenerOptions
                {
                    ListenEndPoint = options.EndPoint,
                    ListenBacklog = options.Handshakes,
                    ApplicationProtocols = QuicCarrier.Protocols,
                    ConnectionOptionsCallback = (connection, hello, _) => ValueTask.FromResult(Admit(connection, hello.ServerName, options, pending)),
                },
                cancellationToken);
            return new QuicLinkListener(options, time, logger, listener, pending);
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            throw new IOException(e.GetBaseException().Message, e);
        }
    }

    /// <summary>Takes no more connections; links that are up go on. Idempotent.</summary>
    public async Task StopAcceptingAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_listener.DisposeAsync().AsTask(), _accepting).WaitAsync(StopPatience, _time);
        }
        catch (TimeoutException)
        {
            // The native library takes its time; nothing new is accepted meanwhile, and an edge that stops waits for more important things.
        }

        await _sweep.DisposeAsync();
        _pending.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAcceptingAsync();
        _stopping.Dispose();
    }

    private static QuicServerConnectionOptions Admit(
        QuicConnection connection, string serverName, QuicLinkListenerOptions options, PendingHandshakes pending)
    {
        if (options.ChooseTls(serverName) is not { } tls)
        {
            Count("unknown_name");
            throw new AuthenticationException("No links for this name.");
        }

        if (options.Admission.TryAdmit(connection.RemoteEndPoint.Address) is not { } admitted)
        {
            Count("not_admitted");
            throw new AuthenticationException("Over a limit.");
        }

        pending.Add(connection, admitted);
        tls.ApplicationProtocols = QuicCarrier.Protocols;
        var answer = new QuicServerConnectionOptions
        {
            ServerAuthenticationOptions = tls,
            MaxInboundBidirectionalStreams = EdgeHandshake.ClientStreams,
        };
        QuicCarrier.Configure(answer, options.Server.Link);
        return answer;
    }

    private async Task AcceptLoopAsync()
    {
        while (true)
        {
            try
            {
                var connection = await _listener.AcceptConnectionAsync(_stopping.Token);
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (QuicException e) when (e.QuicError == QuicError.CallbackError)
            {
                // Refused above, and counted.
            }
            catch (Exception e)
            {
                // One connection's; the next is not concerned.
                Count("failed");
                TransportLog.QuicHandshakeFailed(_logger, EndPoint, e.Message);
            }
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        using var admitted = _pending.Take(connection);
        if (admitted is null || connection.RemoteCertificate is not X509Certificate2 certificate)
        {
            Count("failed");
            await connection.DisposeAsync();
            return;
        }

        Count("done");
        admitted.HandshakeDone();
        var remote = connection.RemoteEndPoint;
        try
        {
            var quic = new QuicLinkConnection(connection, isEdge: true, EdgeHandshake.ClientStreams, _time);
            quic.Start();
            quic.SayReady();
            _ = await EdgeHandshake.RunAsync(
                quic, Carrier.Quic, certificate, remote.Address.ToString(), _options.Server.Node, _options.Authorizer, _options.Server.Link, _options.Server.Stopping);
            await quic.Closed;
        }
        catch (Exception e)
        {
            TransportLog.QuicLinkFaulted(_logger, e, remote);
        }
    }

    private static void Count(string outcome) => TransportMetrics.QuicHandshakes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
