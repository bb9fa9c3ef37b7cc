using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>
/// An accepted socket as Kestrel wants it: its pipes read and write the socket directly, without a loop or a pipe between.
/// Since nothing receives unless Kestrel reads, <see cref="ConnectionClosed"/> fires when a read or a write finds out.
/// </summary>
internal sealed class OwnNameConnection : ConnectionContext, IConnectionSocketFeature, IConnectionIdFeature,
    IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, ICarrierFeature, IDuplexPipe
{
    /// <summary>Received at once when data comes fast: several TLS records in one system call. Held only during a read.</summary>
    private const int ReadBlock = 32 * 1024;

    private readonly CancellationTokenSource _closed = new();
    private readonly SocketStream _stream;
    private readonly Action _onReleased;
    private IDictionary<object, object?>? _items;
    private int _disposed;
    private int _released;

    /// <param name="id">The edge's id for this connection.</param>
    /// <param name="socket">The socket in non-blocking mode; owned by the connection from now on.</param>
    /// <param name="received">What was received already; the array is owned by the connection from now on.</param>
    /// <param name="length">How many bytes of it are meant.</param>
    /// <param name="onReleased">Called once when Kestrel has done with the connection, or has aborted it: its socket is closed then.</param>
    public OwnNameConnection(string id, Socket socket, byte[] received, int length, Action onReleased)
    {
        ConnectionId = id;
        Socket = socket;
        _onReleased = onReleased;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        _stream = new SocketStream(socket, received, length, OnEnd);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(MemoryPool<byte>.Shared, ReadBlock, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
        Transport = this;
        Features = CreateFeatures();
    }

    public override string ConnectionId { get; set; }

    public Socket Socket { get; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public override IDuplexPipe Transport { get; set; }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public void BecomeLink() => _stream.RunsInline = true;

    /// <summary>
    /// Ends it at once. Whether Kestrel disposes of it afterwards is not certain: where a peer resets more HTTP/2 streams than Kestrel has room to answer, it drops words that its own
    /// streams wait for, and the connection is never done with.
    /// </summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Socket.Dispose();
        OnEnd();
        Release();
    }

    public override void Abort() => Abort(new ConnectionAbortedException("The connection was aborted by the application."));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Input.CompleteAsync();
        await CompleteOutputAsync();
        Socket.Dispose();
        OnEnd();
        Release();
    }

    private FeatureCollection CreateFeatures()
    {
        var features = new FeatureCollection();
        features.Set<IConnectionSocketFeature>(this);
        features.Set<IConnectionIdFeature>(this);
        features.Set<IConnectionTransportFeature>(this);
        features.Set<IConnectionItemsFeature>(this);
        features.Set<IConnectionLifetimeFeature>(this);
        features.Set<IConnectionEndPointFeature>(this);
        features.Set<ICarrierFeature>(this);
        return features;
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _onReleased();
        }
    }

    private async ValueTask CompleteOutputAsync()
    {
        try
        {
            // Sends what Kestrel wrote and did not flush.
            await Output.CompleteAsync();
        }
        catch (IOException)
        {
            // The peer is gone.
        }
    }

    private void OnEnd()
    {
        if (!_closed.IsCancellationRequested)
        {
            // Its callbacks are Kestrel's: they do not belong on the thread of a read.
            ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
        }
    }
}
