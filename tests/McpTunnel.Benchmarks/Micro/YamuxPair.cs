using McpTunnel.Protocol.Yamux;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>Two yamux sessions back to back with one stream each way, and nothing else in between.</summary>
internal sealed class YamuxPair : IYamuxSessionHandler
{
    private readonly byte[] _wire = new byte[64 * 1024];
    private readonly YamuxSession _client;
    private readonly YamuxSession _edge;
    private readonly YamuxStream _sending;
    private YamuxStream? _receiving;

    public YamuxPair()
    {
        _client = new YamuxSession(YamuxRole.Client, new YamuxOptions(), this);
        _edge = new YamuxSession(YamuxRole.Server, new YamuxOptions(), this);
        _sending = _edge.Open(new Buffers())!;
    }

    /// <summary>One frame of payload from the edge's session to the client's, and the credit back.</summary>
    public void Pass(int payload)
    {
        _edge.AddPending(_sending, payload);
        Carry(_edge, _client);
        if (_client.Consumed(_receiving!, payload))
        {
            Carry(_client, _edge);
        }
    }

    public IYamuxStreamHandler? OnStreamOpened(YamuxStream stream)
    {
        _receiving = stream;
        return new Buffers();
    }

    public void OnPong(uint opaque)
    {
    }

    public void OnGoAway(uint code)
    {
    }

    private void Carry(YamuxSession from, YamuxSession to)
    {
        var count = from.Transmit(_wire);
        if (to.Receive(_wire.AsSpan(0, count)) is not YamuxViolation.None and var violation)
        {
            throw new InvalidOperationException($"yamux broke: {violation}");
        }
    }

    private sealed class Buffers : IYamuxStreamHandler
    {
        private readonly byte[] _bytes = new byte[64 * 1024];

        public void OnData(ReadOnlySpan<byte> payload) => payload.CopyTo(_bytes);

        public void Fill(Span<byte> destination) => _bytes.AsSpan(0, destination.Length).CopyTo(destination);

        public void OnPeerFinished()
        {
        }

        public void OnPeerReset()
        {
        }

        public void OnRemoved()
        {
        }
    }
}
