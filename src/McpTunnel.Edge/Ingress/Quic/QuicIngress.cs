using System.Net;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Ingress.Quic;

/// <summary>
/// The edge's UDP ports: links over QUIC beside the TCP ports. An extra that clients do without: whatever keeps it from starting is one line in the
/// log and no reason not to start.
/// </summary>
internal sealed class QuicIngress(
    OwnNameTls tls, ILinkAuthorizer authorizer, LinkServerOptions server, QuicAdmission admission, TimeProvider time, ILogger<QuicIngress> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly List<QuicLinkListener> _listeners = [];
    private bool _stopped;

    /// <summary>Why QUIC does not work in this process; null when it does. As a seam for tests.</summary>
    internal Func<string?> FindProblem { get; init; } = () => QuicCarrier.IsSupported(out var reason) ? null : reason;

    /// <summary>Where it listens; empty when it does not.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _listeners.Select(listener => listener.EndPoint)];

    /// <summary>The addresses on which listening ended though nobody stopped it.</summary>
    public IReadOnlyList<IPEndPoint> Broken => _stopped ? [] : [.. _listeners.Where(listener => !listener.IsListening).Select(listener => listener.EndPoint)];

    /// <summary>Listens on the addresses of the TCP ports. Never fails.</summary>
    public async Task StartAsync(IReadOnlyList<IPEndPoint> endPoints, CancellationToken cancellationToken)
    {
        if (FindProblem() is { } problem)
        {
            logger.QuicAbsent(problem);
            return;
        }

        foreach (var endPoint in endPoints)
        {
            await StartAsync(endPoint, cancellationToken);
        }

        if (_listeners.Count > 0)
        {
            logger.QuicStarted(string.Join(", ", EndPoints));
            UdpBuffers.WarnOnceIfSmall(logger);
        }
    }

    /// <summary>Listens once <paramref name="free"/> has completed, unless the node leaves before. Never fails.</summary>
    public async Task StartWhenAsync(Task free, IReadOnlyList<IPEndPoint> endPoints, CancellationToken stopping)
    {
        try
        {
            await free.WaitAsync(stopping);
            await StartAsync(endPoints, stopping);
        }
        catch (OperationCanceledException)
        {
            // Not needed any more.
        }
        catch (Exception unforeseen)
        {
            // The native library or the runtime's part of it could not be loaded, perhaps for want of descriptors: TCP is served.
            logger.QuicAbsent(unforeseen.Message);
        }
    }

    /// <summary>Takes no more connections once the last one is gone, or at <paramref name="end"/>.</summary>
    public async Task StopWhenUnusedAsync(CancellationToken end)
    {
        while (admission.Connections > 0 && !end.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(Step, time, end));
        }

        await StopAcceptingAsync();
    }

    /// <summary>Takes no more connections; links that are up go on.</summary>
    public async Task StopAcceptingAsync()
    {
        _stopped = true;
        foreach (var listener in _listeners)
        {
            await listener.StopAcceptingAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private async Task StartAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var options = new QuicLinkListenerOptions
        {
            EndPoint = endPoint,
            Server = server,
            Authorizer = authorizer,
            ChooseTls = tls.ChooseForQuic,
            Admission = admission,
        };
        try
        {
            _listeners.Add(await QuicLinkListener.StartAsync(options, time, logger, cancellationToken));
        }
        catch (IOException exception)
        {
            logger.QuicListenFailed(endPoint, exception.Message);
        }
    }
}
