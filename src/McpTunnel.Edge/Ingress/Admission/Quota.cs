namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>A count that never goes over its limit. Thread-safe, without a lock.</summary>
internal sealed class Quota(long limit)
{
    private long _used;

    public long Used => Interlocked.Read(ref _used);

    public bool TryTake(long amount)
    {
        if (Interlocked.Add(ref _used, amount) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -amount);
        return false;
    }

    public void Return(long amount) => Interlocked.Add(ref _used, -amount);
}
