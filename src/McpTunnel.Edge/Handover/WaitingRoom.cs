namespace McpTunnel.Edge.Handover;

/// <summary>
/// Places for agents' connections that wait for a link while one process takes over from another. They count as pending and make way for nobody, so without a bound those of one
/// tunnel whose client is away would keep everybody else's out. Thread-safe.
/// </summary>
/// <param name="places">How many may wait in all.</param>
internal sealed class WaitingRoom(int places)
{
    /// <summary>Of the connections that may be pending, so many in this count.</summary>
    private const int Share = 4;

    private readonly Lock _gate = new();
    private readonly int _placesPerTunnel = Math.Max(1, places / 16);
    private readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>With places for a part of all connections that may be pending.</summary>
    public static WaitingRoom For(int pending) => new(Math.Max(1, pending / Share));

    /// <summary>True: <see cref="Leave"/> has to follow.</summary>
    public bool TryEnter(string tunnelId)
    {
        lock (_gate)
        {
            var ofTunnel = _waiting.GetValueOrDefault(tunnelId);
            if (_count == places || ofTunnel == _placesPerTunnel)
            {
                return false;
            }

            _waiting[tunnelId] = ofTunnel + 1;
            _count++;
            return true;
        }
    }

    public void Leave(string tunnelId)
    {
        lock (_gate)
        {
            _count--;
            if (--_waiting[tunnelId] == 0)
            {
                _waiting.Remove(tunnelId);
            }
        }
    }
}
