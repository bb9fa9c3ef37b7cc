using McpTunnel.Transport;

namespace McpTunnel.Client.Linking.Choice;

/// <summary>Brings one link up on the first carrier that works, and tells the choice what happened on each. Thread-safe.</summary>
/// <param name="choice">The ladder.</param>
/// <param name="dial">Dials on one carrier; told whether another one is tried after it.</param>
public sealed class LadderDialer(CarrierChoice choice, Func<Carrier, LinkAttempt, bool, CancellationToken, Task<ILink>> dial)
{
    /// <exception cref="LinkRefusedException">The edge said no, and another carrier would not change its mind.</exception>
    /// <exception cref="LinkConnectException">No carrier worked; the message says why for each.</exception>
    public async Task<ILink> DialAsync(LinkAttempt attempt, CancellationToken cancellationToken)
    {
        // For the sake of an address no carrier is changed: a link that comes up there on another one would take all others with it.
        var rungs = attempt.Rungs.Count > 0 ? attempt.Rungs : attempt.BestAddressOnly ? [choice.Current] : choice.Plan();
        var problems = new List<LinkConnectException>();
        for (var i = 0; i < rungs.Count; i++)
        {
            try
            {
                var link = await dial(rungs[i], attempt, i < rungs.Count - 1, cancellationToken);
                choice.Worked(rungs[i]);
                ClientLinkMetrics.Dialled(rungs[i], null);
                return link;
            }
            catch (LinkRefusedException refusal)
            {
                choice.Worked(rungs[i]);
                ClientLinkMetrics.Dialled(rungs[i], refusal);
                throw;
            }
            catch (LinkConnectException problem)
            {
                ClientLinkMetrics.Dialled(rungs[i], problem);
                if (attempt.BestAddressOnly || problem.Fault is LinkConnectFault.NameNotResolved or LinkConnectFault.ProxyAuthentication)
                {
                    // It says nothing about the carrier; every other one has the same name to look up, and the same credentials to show.
                    throw;
                }

                choice.Failed(rungs[i], problem.Message);
                problems.Add(problem);
            }
        }

        throw problems.Count == 1 ? problems[0] : Together(rungs, problems);
    }

    /// <summary>Blocked UDP is nothing unusual: what the first carrier over TCP met is why there is no link.</summary>
    private static LinkConnectException Together(IReadOnlyList<Carrier> rungs, List<LinkConnectException> problems)
    {
        var decisive = problems[rungs.Index().FirstOrDefault(rung => rung.Item != Carrier.Quic).Index];
        return new LinkConnectException(string.Join(" ", rungs.Zip(problems, (rung, problem) => $"{rung.WireName()}: {problem.Message}")), decisive) { Fault = decisive.Fault };
    }
}
