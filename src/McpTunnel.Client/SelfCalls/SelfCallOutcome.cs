using McpTunnel.Transport;

namespace McpTunnel.Client.SelfCalls;

/// <summary>One call of a client to itself. Its connection stays open until it is disposed: so the edge gives the next one to another link.</summary>
/// <param name="result">How far it came.</param>
/// <param name="link">The link through which it arrived; null when it did not arrive here.</param>
/// <param name="detail">For a person: which hop, and what to do; empty when it was served.</param>
/// <param name="duration">How long it took.</param>
/// <param name="connection">What to close.</param>
internal sealed class SelfCallOutcome(SelfCallResult result, ILink? link, string detail, TimeSpan duration, IDisposable? connection = null) : IDisposable
{
    public SelfCallResult Result => result;

    public ILink? Link => link;

    public string Detail => detail;

    public TimeSpan Duration => duration;

    /// <summary>Whether it says that calls come through; of which process is another matter.</summary>
    public bool IsGood => result == SelfCallResult.Served || IsElsewhere;

    /// <summary>Whether another process answered.</summary>
    public bool IsElsewhere => result is SelfCallResult.Elsewhere or SelfCallResult.OtherCertificate;

    public void Dispose() => connection?.Dispose();
}
