using McpTunnel.Protocol.Yamux;

namespace McpTunnel.UnitTests.Protocol.Yamux;

/// <summary>A session with buffers in memory that remembers everything it was told.</summary>
internal sealed class YamuxPeer : IYamuxSessionHandler
{
    public YamuxPeer(YamuxRole role, int maxInboundStreams = 16)
    {
        Session = new YamuxSession(role, new YamuxOptions { MaxInboundStreams = maxInboundStreams }, this);
    }

    public YamuxSession Session { get; }

    public List<Buffers> Accepted { get; } = [];

    public List<uint> Pongs { get; } = [];

    public uint? GoAwayCode { get; private set; }

    public bool RefuseStreams { get; set; }

    public Buffers Open()
    {
        var buffers = new Buffers();
        buffers.Stream = Session.Open(buffers)!;
        return buffers;
    }

    public void Send(Buffers buffers, byte[] bytes)
    {
        buffers.ToSend.AddRange(bytes);
        Session.AddPending(buffers.Stream, bytes.Length);
    }

    /// <summary>Everything this side has to say now, in writes of at most <paramref name="size"/> bytes.</summary>
    public byte[] TransmitAll(int size = 64 * 1024)
    {
        var all = new List<byte>();
        var buffer = new byte[size];
        int count;
        while ((count = Session.Transmit(buffer)) > 0)
        {
            all.AddRange(buffer.AsSpan(0, count));
        }

        return [.. all];
    }

    public YamuxViolation Frame(YamuxFrameType type, YamuxFlags flags, uint stream, uint length, params byte[] payload)
    {
        var bytes = new byte[YamuxHeader.Size + payload.Length];
        new YamuxHeader(type, flags, stream, length).Write(bytes);
        payload.CopyTo(bytes, YamuxHeader.Size);
        return Session.Receive(bytes);
    }

    public IYamuxStreamHandler? OnStreamOpened(YamuxStream stream)
    {
        if (RefuseStreams)
        {
            return null;
        }

        var buffers = new Buffers { Stream = stream };
        Accepted.Add(buffers);
        return buffers;
    }

    public void OnPong(uint opaque) => Pongs.Add(opaque);

    public void OnGoAway(uint code) => GoAwayCode = code;

    internal sealed class Buffers : IYamuxStreamHandler
    {
        public YamuxStream Stream { get; set; } = null!;

        public List<byte> Received { get; } = [];

        public List<byte> ToSend { get; } = [];

        /// <summary>Everything ever given to send; kept by tests that compare.</summary>
        public List<byte> Log { get; } = [];

        /// <summary>How much of <see cref="Received"/> the test has consumed.</summary>
        public int Consumed { get; set; }

        /// <summary>Whether the test has ended this side's half.</summary>
        public bool Ended { get; set; }

        /// <summary>Whether the test has reset the stream from this side.</summary>
        public bool WasReset { get; set; }

        public int Finished { get; private set; }

        public int Resets { get; private set; }

        public int Removals { get; private set; }

        public void OnData(ReadOnlySpan<byte> payload) => Received.AddRange(payload);

        public void OnPeerFinished() => Finished++;

        public void OnPeerReset() => Resets++;

        public void OnRemoved() => Removals++;

        /// <summary>What was told of credit, in order.</summary>
        public List<bool> Starved { get; } = [];

        public void OnStarved(bool starved) => Starved.Add(starved);

        public void Fill(Span<byte> destination)
        {
            ToSend.GetRange(0, destination.Length).ToArray().CopyTo(destination);
            ToSend.RemoveRange(0, destination.Length);
        }
    }
}
