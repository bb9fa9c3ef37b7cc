using System.Net.Sockets;
using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// The other process of this node while one takes over from the other: the one before (its links are told to leave, one after the other) or the one
/// after (which accepts all connections). An agent's connection goes to whichever of the two has a link to its tunnel; where neither has, because the
/// client is just moving, it waits at the newer one. Thread-safe.
/// </summary>
internal sealed class Neighbour(LinkDirectory directory, WaitingRoom waiting, TimeProvider time) : ILiveLinks
{
    /// <summary>A client dials anew within a round trip or two; one that tries a carrier in vain first needs some seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For so long after taking over, clients are on their way.</summary>
    private static readonly TimeSpan Unsettled = TimeSpan.FromSeconds(30);

    private volatile HandoverChannel? _before;
    private volatile HandoverChannel? _after;
    private long? _tookOver;

    /// <summary>Whether this process took over from another one, or another one from this.</summary>
    public bool IsKnown => _after is not null || _tookOver is not null;

    /// <summary>This process took over from another one, which still serves what is in flight.</summary>
    public void Follow(HandoverChannel before)
    {
        _tookOver = time.GetTimestamp();
        _before = before;
    }

    /// <summary>The process before has ended.</summary>
    public void ForgetBefore() => _before = null;

    /// <summary>Another process has taken over from this one.</summary>
    public void Precede(HandoverChannel after) => _after = after;

    /// <summary>Gives a connection for one of the edge's own names to the process that has taken over; false when there is none, and it stays here.</summary>
    public bool TryPassOwnName(Socket socket, ReadOnlyMemory<byte> hello) => _after is { } after && TrySend(after, socket, hello, formerly: null, final: true);

    /// <summary>Gives an agent's connection to the other process if that one may have a link and this one has not; false: it stays here.</summary>
    /// <param name="tunnelId">The tunnel that it is for.</param>
    /// <param name="socket">The connection.</param>
    /// <param name="hello">What was received of it.</param>
    /// <param name="passed">What the other process said of it, when it comes from there.</param>
    /// <param name="since">When it asked for its server: it waits no longer than its patience from then on, however often it is tried.</param>
    public ValueTask<bool> TryPassAsync(string tunnelId, Socket socket, ReadOnlyMemory<byte> hello, PassedConnection? passed, long since) =>
        !IsKnown || directory.HasActive(tunnelId) ? new(false) : PassOrWaitAsync(tunnelId, socket, hello, passed, since);

    public int CloseLinks(string tunnelId, TunnelCode code, string detail)
    {
        Tell(HandoverMessage.CloseTunnel, tunnelId, code, detail);
        return directory.CloseLinks(tunnelId, code, detail);
    }

    public int CloseLinksByToken(string tokenHash, TunnelCode code, string detail)
    {
        Tell(HandoverMessage.CloseToken, tokenHash, code, detail);
        return directory.CloseLinksByToken(tokenHash, code, detail);
    }

    public int CloseLinksByCertificate(string fingerprint, TunnelCode code, string detail)
    {
        Tell(HandoverMessage.CloseCertificate, fingerprint, code, detail);
        return directory.CloseLinksByCertificate(fingerprint, code, detail);
    }

    /// <summary>Does what the process that took over says about links of this one.</summary>
    public void Obey(HandoverMessage message)
    {
        var code = TunnelCodes.TryParse(message.Code ?? "", out var info) ? info.Code : TunnelCode.Shutdown;
        var (subject, detail) = (message.Subject ?? "", message.Detail ?? "");
        _ = message.Kind switch
        {
            HandoverMessage.CloseTunnel => CloseLinks(subject, code, detail),
            HandoverMessage.CloseToken => CloseLinksByToken(subject, code, detail),
            HandoverMessage.CloseCertificate => CloseLinksByCertificate(subject, code, detail),
            _ => 0,
        };
    }

    private async ValueTask<bool> PassOrWaitAsync(string tunnelId, Socket socket, ReadOnlyMemory<byte> hello, PassedConnection? passed, long since)
    {
        if (_after is { } after)
        {
            return TrySend(after, socket, hello, passed?.Formerly, final: true);
        }

        if (passed is not { Final: true } && _before is { } before && TrySend(before, socket, hello, (int)socket.Handle, final: false))
        {
            return true;
        }

        if (_before is not null || time.GetElapsedTime(_tookOver!.Value) < Unsettled)
        {
            await WaitAsync(tunnelId, Patience - time.GetElapsedTime(since));
        }

        return false;
    }

    /// <summary>Until there is a link. Where no place is left to wait, or the client is not there in time, the connection is refused as always.</summary>
    private async Task WaitAsync(string tunnelId, TimeSpan patience)
    {
        if (patience <= TimeSpan.Zero || !waiting.TryEnter(tunnelId))
        {
            return;
        }

        try
        {
            await directory.WhenActiveAsync(tunnelId).WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            // The client is not there.
        }
        finally
        {
            waiting.Leave(tunnelId);
        }
    }

    private static bool TrySend(HandoverChannel to, Socket socket, ReadOnlyMemory<byte> hello, int? formerly, bool final) =>
        to.TrySend(new HandoverMessage(HandoverMessage.Connection) { Hello = hello.ToArray(), Final = final, Formerly = formerly }, socket.SafeHandle);

    /// <summary>The registry is changed only here; the links that it is about may be up there.</summary>
    private void Tell(string kind, string subject, TunnelCode code, string detail)
    {
        if (_before is { } before)
        {
            _ = TellAsync(before, new HandoverMessage(kind) { Subject = subject, Code = code.WireName(), Detail = detail });
        }
    }

    private static async Task TellAsync(HandoverChannel before, HandoverMessage message)
    {
        try
        {
            await before.SendAsync(message, [], CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has ended, and its links with it.
        }
    }
}
