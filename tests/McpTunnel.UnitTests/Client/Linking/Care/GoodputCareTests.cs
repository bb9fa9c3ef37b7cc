using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.Telemetry;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking.Care;

[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GoodputCareTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<FakeLink> _links = [];
    private readonly CarrierChoice _choice;
    private readonly LadderDialer _ladder;
    private bool _tcpWorks = true;

    public GoodputCareTests()
    {
        _choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls] }, _time);
        _ladder = new LadderDialer(_choice, DialAsync);
    }

    [Test]
    public async Task F9_links_whose_goodput_collapsed_move_to_the_next_carrier_new_link_first_and_the_old_one_is_held()
    {
        using var reading = new MeterReading(ClientMetrics.MeterName);
        await using var supervisor = Start(links: 2);
        await AdvanceAsync(() => supervisor.Links.All(link => link.Carrier == "quic"), TimeSpan.FromSeconds(10));
        await AdvanceAsync(() => false, TimeSpan.FromSeconds(3), static _ => { });

        await AdvanceAsync(() => supervisor.Links.All(link => link.Carrier == "tls"), TimeSpan.FromSeconds(40), Starve);
        await AdvanceAsync(() => false, TimeSpan.FromMinutes(4));

        var report = supervisor.Carrier;
        Assert.That(supervisor.Links.Select(link => link.Carrier), Is.All.EqualTo("tls"), "though better rungs are probed every so often");
        Assert.That((report.Current, report.Reason), Is.EqualTo(("tls", $"quic collapsed: {report.Rungs[0].Problem}")));
        Assert.That(report.Rungs[0].HeldUntil, Is.GreaterThan(_time.GetUtcNow()));
        Assert.That(_links.Where(link => link.Carrier == Carrier.Quic).Select(link => link.CloseRequest), Is.All.Not.Null, "left in order");
        Assert.That(_links.Where(link => link.Carrier == Carrier.Quic).Sum(link => link.Measurements), Is.GreaterThan(0));
        Assert.That(reading.Sum("mcptunnel.client.links.collapses", "quic"), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task F9_collapsed_link_stays_while_the_next_carrier_does_not_work()
    {
        _tcpWorks = false;
        await using var supervisor = Start(links: 1);
        await AdvanceAsync(() => supervisor.Links.All(link => link.Carrier == "quic"), TimeSpan.FromSeconds(10));
        await AdvanceAsync(() => false, TimeSpan.FromSeconds(3), static _ => { });

        await AdvanceAsync(() => false, TimeSpan.FromMinutes(1), Starve, patience: 100);

        Assert.That((supervisor.Carrier.Current, supervisor.Links[0].State, _links.Count), Is.EqualTo(("quic", LinkSlotState.Up, 1)));
    }

    private LinkSupervisor Start(int links)
    {
        var supervisor = new LinkSupervisor(
            _ladder.DialAsync, _ => { }, _choice, new LinkSupervisorOptions { Links = links }, _time, NullLoggerFactory.Instance);
        supervisor.Start();
        return supervisor;
    }

    private Task<ILink> DialAsync(Carrier carrier, LinkAttempt attempt, bool anotherFollows, CancellationToken cancellationToken)
    {
        if (carrier == Carrier.Tls && !_tcpWorks)
        {
            throw new LinkConnectException("TCP is blocked.");
        }

        var link = new FakeLink(index: attempt.Index, generation: attempt.Generation)
        {
            Carrier = carrier,

            // A good link until it is starved: the round trip that later ones are held against.
            Vitals = new LinkVitals(0, TimeSpan.Zero, 1, TimeSpan.FromMilliseconds(20), null, TimeSpan.Zero),
        };
        lock (_links)
        {
            _links.Add(link);
        }

        return Task.FromResult<ILink>(link);
    }

    /// <summary>Bytes wait, none move, and each answer takes two seconds.</summary>
    private void Starve(double second)
    {
        lock (_links)
        {
            foreach (var link in _links.Where(link => link.Carrier == Carrier.Quic))
            {
                var late = TimeSpan.FromSeconds(2);
                link.Vitals = new LinkVitals(0, TimeSpan.FromSeconds(second), 1 + ((long)second / 2), late, TimeSpan.FromSeconds(1), TimeSpan.Zero);
            }
        }
    }

    /// <summary>Second by second, each seen by whoever watches over links on quic while there are any.</summary>
    /// <param name="condition">What ends it.</param>
    /// <param name="most">How far, by the fake clock.</param>
    /// <param name="each">Done before each second.</param>
    /// <param name="patience">How often a look that does not come is asked for; none comes while a link is being dialled.</param>
    private async Task AdvanceAsync(Func<bool> condition, TimeSpan most, Action<double>? each = null, int patience = 1000)
    {
        for (var second = 0; second < most.TotalSeconds && !condition(); second++)
        {
            each?.Invoke(second);
            var seen = Looks();
            _time.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < (each is null ? 1 : patience) && Looks() == seen && !condition(); i++)
            {
                await Task.Delay(1);
            }
        }
    }

    private int Looks()
    {
        lock (_links)
        {
            return _links.Sum(link => link.VitalsRead);
        }
    }
}
