using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>The wish that a slot's link be replaced while it is up. Thread-safe.</summary>
/// <param name="reason">For the log and the edge.</param>
/// <param name="rungs">The carriers to try, best first; empty for what the choice says.</param>
internal sealed class LinkMove(string reason, IReadOnlyList<Carrier> rungs)
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Reason => reason;

    public IReadOnlyList<Carrier> Rungs => rungs;

    /// <summary>Whether the move is for the sake of an address: a link at any other one would be no better than the one that is up.</summary>
    public bool BestAddressOnly { get; init; }

    /// <summary>Whether the slot has a new link.</summary>
    public Task<bool> Done => _done.Task;

    public void Finish(bool moved) => _done.TrySetResult(moved);
}
