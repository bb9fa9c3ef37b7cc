using System.IO.Pipelines;

namespace McpTunnel.Transport;

/// <summary>
/// One agent connection inside a link. Completing <see cref="IDuplexPipe.Output"/> half-closes it; completing either pipe
/// with an exception resets it. Each pipe has one user at a time; the two are independent. Disposing resets whatever is
/// still open and gives back the memory of both, so that neither may be in use by then.
/// </summary>
public interface ILinkStream : IDuplexPipe, IAsyncDisposable
{
    /// <summary>The stream's number, unique in its link.</summary>
    long Id { get; }

    ILink Link { get; }

    /// <summary>Cancelled when the stream is over in both directions, reset by either side, or its link is gone.</summary>
    CancellationToken Closed { get; }

    /// <summary>Cancelled when the peer will send nothing more: it finished, the stream was reset, or its link is gone.</summary>
    CancellationToken PeerClosed { get; }

    /// <summary>Resets the stream: both directions fail at once at both ends. Idempotent.</summary>
    void Abort();
}
