using McpTunnel.Protocol.Yamux;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>
/// How far one link's receive windows grow: a stream that uses up half of its window within two round trips may be held back by it, and gets twice as much, within the
/// budgets. So a window ends between four and eight times what is in flight (bandwidth × round trip). Used under the connection's lock.
/// </summary>
/// <param name="link">What this link may promise.</param>
/// <param name="process">What all links of the process may promise.</param>
internal sealed class ReceiveWindows(WindowBudget link, WindowBudget process)
{
    /// <summary>A link's budget: four streams at full speed over a long way.</summary>
    public const long LinkBudget = 4L * YamuxLimits.MaxWindow;

    /// <summary>A measured round trip that rises is believed by an eighth each time: most of a rise is our own data in front of the question.</summary>
    private const int Inertia = 8;

    /// <summary>
    /// Round trips that half a window may take. In one, a peer that waits for credit sends the whole window, or only half of it where the reader keeps the other half until it is worth a window update: it takes
    /// just above one round trip then. So one is too few.
    /// </summary>
    private const int RoundTrips = 2;

    private TimeSpan _measured;
    private TimeSpan _roundTrip;

    /// <summary>The window that a stream should have now that it has used up half of the one it has.</summary>
    /// <param name="window">What it has, in bytes.</param>
    /// <param name="elapsed">Since it used up half of it the last time.</param>
    /// <param name="measured">The link's last measured round trip; null before the first.</param>
    public int Next(int window, TimeSpan elapsed, TimeSpan? measured)
    {
        Believe(measured ?? TimeSpan.Zero);
        var next = Math.Min(2 * window, YamuxLimits.MaxWindow);
        var growth = next - window;
        if (growth == 0 || elapsed > RoundTrips * _roundTrip || !link.TryTake(growth))
        {
            return window;
        }

        if (process.TryTake(growth))
        {
            return next;
        }

        link.Return(growth);
        return window;
    }

    /// <summary>The stream's user has let go of it, and of all that its window let in.</summary>
    public void Release(int window)
    {
        link.Return(window - YamuxLimits.InitialWindow);
        process.Return(window - YamuxLimits.InitialWindow);
    }

    private void Believe(TimeSpan measured)
    {
        if (measured == _measured)
        {
            return;
        }

        _measured = measured;
        _roundTrip = _roundTrip == TimeSpan.Zero || measured < _roundTrip ? measured : _roundTrip + ((measured - _roundTrip) / Inertia);
    }
}
