using System.Net;
using System.Runtime.ExceptionServices;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Brings one link up on one carrier, at the first of the edge's addresses that takes it. Only when none does is it the carrier's turn to be changed: a node that is gone says nothing about the
/// carrier. Thread-safe.
/// </summary>
/// <param name="addresses">Where the edge is; told what happened at each address.</param>
/// <param name="carrierIsForced">Whether there is one carrier only: then no other one tells an address that is dead from a network that does not let the carrier pass.</param>
/// <param name="connectTimeout">Time for DNS, and for an address that no other one stands in for.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressDialer(EdgeAddresses addresses, bool carrierIsForced, TimeSpan connectTimeout, TimeProvider time)
{
    /// <summary>Time for an address that another one may stand in for, and for all of them: after so long the next carrier is worth a try, whatever addresses are left.</summary>
    private static readonly TimeSpan OneAddress = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AllAddresses = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same for QUIC where another carrier follows: blocked UDP drops packets without a word, to every address, and a link has to be up on the next carrier within 5 s. A first packet that
    /// is lost is sent again after 1 s; a network that needs longer is found by a probe, which has all the time.
    /// </summary>
    private static readonly TimeSpan AllAddressesOverUdp = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan OneAddressOverUdp = AllAddressesOverUdp / 2;

    /// <summary>Less than this is not worth a try.</summary>
    private static readonly TimeSpan LeastOverUdp = TimeSpan.FromMilliseconds(500);

    /// <summary>A node that is full may have a neighbour that is not; a fleet that is full is not asked node after node.</summary>
    private const int MostRefusals = 2;

    /// <param name="carrier">The carrier.</param>
    /// <param name="attempt">For which slot, and whether any address will do.</param>
    /// <param name="anotherFollows">Whether another carrier is tried after this one.</param>
    /// <param name="dial">Dials one address, with the time for it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LinkRefusedException">The edge said no: for good, or at each address that answered. What a node does not know is for good when all addresses say so.</exception>
    /// <exception cref="LinkConnectException">No address took the link, or there is none.</exception>
    public async Task<ILink> DialAsync(
        Carrier carrier, LinkAttempt attempt, bool anotherFollows, Func<EndPoint, TimeSpan, CancellationToken, Task<ILink>> dial, CancellationToken cancellationToken)
    {
        var found = await addresses.ForAsync(attempt.Slot, connectTimeout, cancellationToken);
        var candidates = attempt.BestAddressOnly ? [found[0]] : found;
        var isBrief = carrier == Carrier.Quic && anotherFollows;
        var began = time.GetTimestamp();
        var unclear = new List<EndPoint>();
        var refusals = new List<LinkRefusedException>();
        var unknown = new List<LinkRefusedException>();
        for (var i = 0; ; i++)
        {
            var isLast = i == candidates.Count - 1;
            var patience = isBrief ? Durations.Shorter(candidates.Count == 1 ? AllAddressesOverUdp : OneAddressOverUdp, AllAddressesOverUdp - time.GetElapsedTime(began))
                : isLast ? connectTimeout : OneAddress;
            attempt.Dialling?.Invoke($"{candidates[i]} over {carrier.WireName()}");
            try
            {
                var link = await dial(candidates[i], Durations.Shorter(patience, connectTimeout), cancellationToken);
                addresses.Worked(attempt.Slot, candidates[i], link);

                // So it was not the network between.
                unclear.ForEach(addresses.Failed);
                return link;
            }
            catch (LinkConnectException failure) when (failure.Fault == LinkConnectFault.ProxyAuthentication)
            {
                // That is the proxy's word, whatever lies behind it.
                throw;
            }
            catch (Exception failure) when (failure is LinkConnectException or LinkRefusedException { Retryable: true } or LinkRefusedException { IsUnknownThere: true })
            {
                if (IsOfAddress(carrier, attempt))
                {
                    addresses.Failed(candidates[i]);
                }
                else
                {
                    unclear.Add(candidates[i]);
                }

                if (failure is LinkRefusedException refusal)
                {
                    (refusal.Retryable ? refusals : unknown).Add(refusal);
                }

                if (isLast || refusals.Count == MostRefusals || time.GetElapsedTime(began) >= (isBrief ? AllAddressesOverUdp - LeastOverUdp : AllAddresses))
                {
                    // An answer, even a no, says more than silence at another address: above all that the carrier works.
                    ExceptionDispatchInfo.Throw(refusals.LastOrDefault() ?? Verdict(unknown, candidates.Count) ?? failure);
                }
            }
        }
    }

    /// <summary>What nodes that do not know this client amount to: an end only where no address is left that may know it.</summary>
    private static LinkRefusedException? Verdict(List<LinkRefusedException> unknown, int addresses) => unknown.LastOrDefault() switch
    {
        { } last when unknown.Count < addresses => new LinkRefusedException(
            last.CodeName, retryable: true, retryAfter: null, $"{last.Detail} Not every address of the edge could be asked, so this is tried again."),
        var all => all,
    };

    /// <summary>Blocked UDP says nothing about an address, unless other links are up on it.</summary>
    private bool IsOfAddress(Carrier carrier, LinkAttempt attempt) => carrier != Carrier.Quic || carrierIsForced || attempt.BestAddressOnly;
}
