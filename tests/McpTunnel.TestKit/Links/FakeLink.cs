using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Transport;

namespace McpTunnel.TestKit.Links;

/// <summary>A link that does only what a test says: for what keeps, picks and closes links.</summary>
public sealed class FakeLink(string instance = "instance-1", int index = 0, long generation = 1, string tunnel = "tnl_aaaaaaaaaaaaaaaa") : ILink
{
    private static int _last;

    private int _vitalsRead;
    private int _stateRead;

    private readonly TaskCompletionSource<LinkClosure> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkIdentity Identity { get; } =
        new($"lnk_{Interlocked.Increment(ref _last)}", tunnel, instance, index, generation, "edge-test");

    public Carrier Carrier { get; init; } = Carrier.Tls;

    public LinkState State
    {
        get
        {
            Interlocked.Increment(ref _stateRead);
            return field;
        }
        set;
    } = LinkState.Active;

    /// <summary>How often somebody looked at it.</summary>
    public int StateRead => Volatile.Read(ref _stateRead);

    public int StreamCount { get; set; }

    public TimeSpan? RoundTripTime { get; init; }

    public LinkVitals Vitals
    {
        get
        {
            Interlocked.Increment(ref _vitalsRead);
            return field;
        }
        set;
    }

    /// <summary>How often somebody looked at them.</summary>
    public int VitalsRead => Volatile.Read(ref _vitalsRead);

    /// <summary>How often somebody asked for a round trip.</summary>
    public int Measurements { get; private set; }

    public void MeasureRoundTrip() => Measurements++;

    public TimeSpan Silence { get; init; }

    public DateTimeOffset LastSeen { get; init; }

    public long BytesReceived { get; init; }

    public long BytesSent { get; init; }

    public LinkStalls Stalls { get; init; }

    public IReadOnlyList<string> Servers { get; init; } = ["docs"];

    public Task<LinkClosure> Closed => _closed.Task;

    public IReadOnlyList<OtherNode> OtherNodes { get; init; } = [];

    public Task<DrainNotice> DrainRequested { get; init; } = new TaskCompletionSource<DrainNotice>().Task;

    /// <summary>Whether closing never ends, as when the last words wait behind a write that hangs.</summary>
    public bool HangsInClose { get; init; }

    /// <summary>What opening a stream does; refused unless a test says otherwise.</summary>
    public Func<ILinkStream> Open { get; set; } = () => throw new LinkUnavailableException(TunnelCode.StreamLimit, "The fake link takes no streams.");

    /// <summary>How it was told to close; null when it was not.</summary>
    public LinkClosure? CloseRequest { get; private set; }

    public string? DrainReason { get; private set; }

    public DrainNotice? DrainNotice { get; private set; }

    public int OpenAttempts { get; private set; }

    public ILinkStream OpenStream()
    {
        OpenAttempts++;
        return Open();
    }

    public ValueTask<ILinkStream?> AcceptStreamAsync(CancellationToken cancellationToken) => ValueTask.FromResult<ILinkStream?>(null);

    public CancellationToken Draining => CancellationToken.None;

    public Task Welcomed { get; init; } = Task.CompletedTask;

    public void BeginDrain(TunnelCode code, string reason, DrainNotice? notice = null)
    {
        State = LinkState.Draining;
        DrainReason = reason;
        DrainNotice = notice;
    }

    public ValueTask AnnounceAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask CloseAsync(TunnelCode code, string detail)
    {
        CloseRequest ??= new LinkClosure(code, detail, ByPeer: false);
        if (HangsInClose)
        {
            return new ValueTask(_hanging.Task);
        }

        End(CloseRequest);
        return ValueTask.CompletedTask;
    }

    /// <summary>The link is gone, for a reason of its own.</summary>
    public void End(LinkClosure closure)
    {
        State = LinkState.Closed;
        _closed.TrySetResult(closure);
    }

    public ValueTask DisposeAsync() => CloseAsync(TunnelCode.Shutdown, "Disposed.");
}
