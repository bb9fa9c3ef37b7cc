namespace McpTunnel.Protocol.Yamux;

/// <summary>What a session tells its owner. Called from inside a call of <see cref="YamuxSession"/>.</summary>
public interface IYamuxSessionHandler
{
    /// <summary>The peer opened a stream. Returns its buffers, or null to have it reset.</summary>
    IYamuxStreamHandler? OnStreamOpened(YamuxStream stream);

    /// <summary>The answer to the ping that was sent with this value.</summary>
    void OnPong(uint opaque);

    /// <summary>The peer accepts no new streams.</summary>
    void OnGoAway(uint code);
}
