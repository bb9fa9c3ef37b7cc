using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>A supervisor of links in memory, on a fake clock: tests say which carriers are blocked and what a dial is refused with.</summary>
public abstract class LinkSupervisorTestBase
{
    private readonly LadderDialer _ladder;

    protected LinkSupervisorTestBase()
    {
        Choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls] }, Time);
        _ladder = new LadderDialer(Choice, DialAsync);
    }

    protected FakeTimeProvider Time { get; } = new();

    protected CarrierChoice Choice { get; }

    /// <summary>Every dial that came as far as the edge.</summary>
    protected List<(int Index, long Generation)> Dials { get; } = [];

    /// <summary>The links that came up, both ends of each.</summary>
    protected List<LinkPair> Pairs { get; } = [];

    protected HashSet<Carrier> Blocked { get; set; } = [];

    /// <summary>Dials to which any other address is of no use.</summary>
    protected int BoundToAddress { get; private set; }

    /// <summary>What a dial with an index ends with; null for a link.</summary>
    protected Func<int, Exception?> Refuse { get; set; } = _ => null;

    [TearDown]
    public async Task CloseLinks()
    {
        foreach (var pair in Pairs)
        {
            await pair.DisposeAsync();
        }
    }

    protected int DialCount
    {
        get
        {
            lock (Dials)
            {
                return Dials.Count;
            }
        }
    }

    /// <param name="links">How many.</param>
    /// <param name="options">All else; the defaults when null.</param>
    /// <param name="attach">Serves a link; nobody does when null.</param>
    protected LinkSupervisor Start(int links, LinkSupervisorOptions? options = null, Action<ILink>? attach = null)
    {
        var supervisor = new LinkSupervisor(
            DialAsync, link => attach?.Invoke(link), Choice, options ?? new LinkSupervisorOptions { Links = links }, Time, NullLoggerFactory.Instance);
        supervisor.Start();
        return supervisor;
    }

    private Task<ILink> DialAsync(LinkAttempt attempt, CancellationToken cancellationToken) => _ladder.DialAsync(attempt, cancellationToken);

    private async Task<ILink> DialAsync(Carrier carrier, LinkAttempt attempt, bool anotherFollows, CancellationToken cancellationToken)
    {
        if (Blocked.Contains(carrier))
        {
            throw new LinkConnectException($"{carrier} is blocked");
        }

        lock (Dials)
        {
            Dials.Add((attempt.Index, attempt.Generation));
            BoundToAddress += attempt.BestAddressOnly ? 1 : 0;
        }

        if (Refuse(attempt.Index) is { } refusal)
        {
            throw refusal;
        }

        var pair = await LinkPair.CreateAsync(hello: LinkPair.Hello(attempt.Index, attempt.Generation), carrier: carrier);
        Pairs.Add(pair);
        return pair.Client;
    }

    protected async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan most)
    {
        var step = TimeSpan.FromTicks(Math.Max(most.Ticks / 2000, TimeSpan.FromMilliseconds(10).Ticks));
        for (var passed = TimeSpan.Zero; passed < most && !condition(); passed += step)
        {
            Time.Advance(step);
            await Task.Delay(1);
        }
    }

    protected static async Task EventuallyAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5);
        }
    }
}
