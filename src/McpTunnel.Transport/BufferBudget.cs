namespace McpTunnel.Transport;

/// <summary>
/// What the streams of all links of a client hold together: bytes that came and were not read yet, and bytes that wait for the link. Beyond it nobody is to hold more than his <see cref="Share"/>: writers wait
/// until less of theirs waits, and who leaves most unread is reset. For the carriers with our multiplexer; over QUIC the native library holds most. Thread-safe.
/// </summary>
/// <param name="bytes">How many bytes, from 1.</param>
public sealed class BufferBudget(long bytes)
{
    /// <summary>What one stream may hold each way though the budget is used up: two TLS records.</summary>
    public const int Share = 32 * 1024;

    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held => Interlocked.Read(ref _held);

    internal bool IsUsedUp => Held > bytes;

    internal void Add(long count) => Interlocked.Add(ref _held, count);
}
