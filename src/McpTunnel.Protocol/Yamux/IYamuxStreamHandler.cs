namespace McpTunnel.Protocol.Yamux;

/// <summary>
/// The buffers behind one stream. All calls come from inside a call of <see cref="YamuxSession"/>, so under whatever lock guards
/// that session: a handler stores bytes and leaves; it never calls back into the session.
/// </summary>
public interface IYamuxStreamHandler
{
    /// <summary>Payload arrived, in order. Already checked against the window; never empty.</summary>
    void OnData(ReadOnlySpan<byte> payload);

    /// <summary>The peer sends no more data on this stream.</summary>
    void OnPeerFinished();

    /// <summary>The peer reset the stream.</summary>
    void OnPeerReset();

    /// <summary>The session has forgotten the stream: finished both ways, or reset by either side. Called once, last.</summary>
    void OnRemoved();

    /// <summary>Copies bytes announced through <see cref="YamuxSession.AddPending"/>; must fill the destination.</summary>
    void Fill(Span<byte> destination);

    /// <summary>The stream has bytes to send and the peer has given no credit for them; or it is so no longer. Only changes are told.</summary>
    void OnStarved(bool starved)
    {
        // Of interest to those who measure.
    }
}
