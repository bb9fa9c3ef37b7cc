using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Netns;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What networks do to links, done to real processes by a packet filter: nobody says a word when packets are swallowed.</summary>
[Category("Netns")]
[CancelAfter(300_000)]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class LinkFaultTests : NetworkTest
{
    /// <summary>SIGSTOP and SIGCONT of Linux.</summary>
    private const int Stop = 19;
    private const int Go = 18;

    /// <summary>How long a network is away, in seconds; 60 in CI. As long as both ends need to notice, when it is shorter than that.</summary>
    private const string OutageVariable = "MCPTUNNEL_OUTAGE_SECONDS";

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable(OutageVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 15);

    /// <summary>An event of the client, written right before the first dial.</summary>
    private const int ManagementListens = 2132;

    [TestCase("tls")]
    [TestCase("quic")]
    public async Task F11_F15_network_that_swallows_everything_is_noticed_at_both_ends_and_forgotten_within_the_cap(string carrier, CancellationToken cancellationToken)
    {
        const int cap = 5;
        var networks = await StartAsync(new TwoNetworksOptions { Links = $"{{ count: 4, carriers: [{carrier}], longestWait: {cap}s, connectTimeout: {cap}s }}", Udp = NeedsUdp(carrier) });
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 4, "all links are up", cancellationToken);
        await CallAsync(networks, cancellationToken);

        var began = TimeProvider.System.GetUtcNow();
        await networks.Firewall.SwallowAsync(everything: true);
        var swallowed = TimeProvider.System.GetUtcNow();
        var outage = Task.Delay(Outage, TimeProvider.System, cancellationToken);
        await UntilAsync(async () => (await networks.StatusAsync()).GetProperty("links").EnumerateArray().All(link => link.GetProperty("state").GetString() != "up"), "the client has noticed", cancellationToken);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 0, "the edge has noticed", cancellationToken);
        await NoticedWithin15SecondsAsync(networks, 4, (began, swallowed), cancellationToken);
        await outage;
        var before = Events(networks.ClientProgram).Count;
        await networks.Firewall.SwallowAsync(everything: false);
        var passes = TimeProvider.System.GetUtcNow();
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 4, "the links are back", cancellationToken);

        await CallAsync(networks, cancellationToken);
        await UntilAsync(() => Task.FromResult(Events(networks.ClientProgram).Skip(before).Count(entry => entry.Id == LinkIsUp) == 4), "the log has four new links", cancellationToken);
        var back = Events(networks.ClientProgram).FindLast(entry => entry.Id == LinkIsUp).At - passes;
        await TestContext.Out.WriteLineAsync($"{carrier}: all links back {back.TotalSeconds:0.0} s after an outage of {Outage.TotalSeconds} s.");
        Assert.That((await networks.StatusAsync()).GetProperty("links")[0].GetProperty("carrier").GetString(), Is.EqualTo(carrier));
        Assert.That(back, Is.LessThan(TimeSpan.FromSeconds(cap + cap + cap)), "the end of a dial into the hole, the longest wait, and a dial");
    }

    [TestCase("tls")]
    [TestCase("quic")]
    public async Task F11_client_that_slept_has_its_links_back_when_it_wakes(string carrier, CancellationToken cancellationToken)
    {
        var networks = await StartAsync(carrier);
        var before = (await networks.EdgeLinksAsync()).Select(link => link.GetProperty("id").GetString()).ToList();

        await PutToSleepAsync(networks, cancellationToken);
        await networks.ClientProgram.SignalAsync(Go);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "the links are back", cancellationToken);

        await CallAsync(networks, cancellationToken);
        Assert.That((await networks.EdgeLinksAsync()).Select(link => link.GetProperty("id").GetString()).Intersect(before), Is.Empty);
    }

    [Test]
    public async Task F18_client_whose_links_are_up_and_to_which_no_call_comes_is_not_ready_and_says_at_which_hop(CancellationToken cancellationToken)
    {
        var networks = await StartAsync(new TwoNetworksOptions { Links = "{ count: 2, carriers: [tls], selfCallEvery: 2s }" });
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "both links are up", cancellationToken);
        await UntilAsync(async () => (await ReadinessAsync(networks)).GetProperty("ready").GetBoolean(), "ready at first", cancellationToken);

        await networks.Firewall.SwallowNewConnectionsAsync(all: true);
        await UntilAsync(async () => !(await ReadinessAsync(networks)).GetProperty("ready").GetBoolean(), "not ready", cancellationToken);
        var status = await networks.StatusAsync();
        await networks.Firewall.SwallowNewConnectionsAsync(all: false);
        await UntilAsync(async () => (await ReadinessAsync(networks)).GetProperty("ready").GetBoolean(), "ready again", cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(status.GetProperty("links").EnumerateArray().Select(link => link.GetProperty("state").GetString()), Is.All.EqualTo("up"));
            Assert.That(status.GetProperty("readiness").GetProperty("reasons")[0].GetString(), Does.Contain($"no connection for {TwoNetworks.Url.Host} to the edge"));
        });
    }

    [Test]
    public async Task F9_quic_on_a_path_that_starves_udp_is_left_for_tls_and_held_and_calls_go_on(CancellationToken cancellationToken)
    {
        Requires.Quic();
        var good = new DelayLineSettings { Delay = TimeSpan.FromMilliseconds(20) };
        var networks = await StartAsync(new TwoNetworksOptions { Links = "{ count: 2, carriers: [quic, tls], probeEvery: 5s, selfCallEvery: 0s }", Udp = true, Line = good });
        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["quic", "quic"]), "both links on quic", cancellationToken);
        await CallAsync(networks, cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var load = LoadAsync(networks, enough.Token);

        networks.Line!.Settings = good with { UdpLoss = 0.55 };
        await UntilAsync(
            async () =>
            {
                var status = await networks.StatusAsync();
                await TestContext.Out.WriteLineAsync($"{status.GetProperty("carrier")} {status.GetProperty("links")}");
                return status.GetProperty("carrier").GetProperty("current").GetString() == "tls";
            },
            "the choice is tls",
            cancellationToken);
        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["tls", "tls"]), "both links on tls", cancellationToken);
        await enough.CancelAsync();
        await load;

        await CallAsync(networks, cancellationToken);
        var carrier = (await networks.StatusAsync()).GetProperty("carrier");
        await TestContext.Out.WriteLineAsync($"{carrier}");
        Assert.Multiple(() =>
        {
            Assert.That(carrier.GetProperty("reason").GetString(), Does.StartWith("quic collapsed: "));
            Assert.That(carrier.GetProperty("rungs")[0].GetProperty("heldUntil").GetDateTimeOffset(), Is.GreaterThan(TimeProvider.System.GetUtcNow()));
        });
    }

    [TestCase("tls")]
    [TestCase("quic")]
    public async Task F27_client_whose_token_was_revoked_while_it_slept_stops_when_it_wakes_and_says_why(string carrier, CancellationToken cancellationToken)
    {
        var networks = await StartAsync(carrier);

        await PutToSleepAsync(networks, cancellationToken);
        await networks.RevokeTokensAsync();
        await networks.ClientProgram.SignalAsync(Go);
        var ended = await networks.ClientProgram.EndAsync();

        Assert.That(ended.ExitCode, Is.EqualTo(3), $"{ended}");
        Assert.That(ended.Output + ended.Error, Does.Contain("token_revoked").And.Contain("then start the client"));
    }

    [Test]
    public async Task F27_client_whose_token_was_changed_while_it_slept_goes_on_with_the_new_one(CancellationToken cancellationToken)
    {
        var networks = await StartAsync("tls");

        await PutToSleepAsync(networks, cancellationToken);
        await networks.ChangeTokenAsync();
        await networks.ClientProgram.SignalAsync(Go);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "the links are back", cancellationToken);

        await CallAsync(networks, cancellationToken);
    }

    [TestCase(false)]
    [TestCase(true, Description = "Two addresses of the edge, and UDP reaches neither.")]
    public async Task F12_blocked_udp_means_tls_within_5_s_and_quic_again_once_it_passes(bool secondWay, CancellationToken cancellationToken)
    {
        Requires.Quic();
        var networks = await StartAsync(new TwoNetworksOptions { Links = "{ count: 2, carriers: [quic, tls], probeEvery: 2s }", SecondWay = secondWay });
        var blocked = await networks.StatusAsync();
        var began = await EventAsync(networks, ManagementListens, cancellationToken);
        var up = await EventAsync(networks, LinkIsUp, cancellationToken);
        await TestContext.Out.WriteLineAsync($"From just before the first dial to a link on tls: {(up.At - began.At).TotalSeconds:0.00} s.");
        await using var agent = await ConnectAsync(networks, cancellationToken);
        var inFlight = agent.CallToolAsync("countdown", new Dictionary<string, object?> { ["steps"] = 8, ["intervalMilliseconds"] = 1000 }, cancellationToken: cancellationToken);

        foreach (var edge in networks.Edges)
        {
            await networks.Firewall.AllowUdpAsync(edge);
        }

        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["quic", "quic"]), "all links on quic", cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(up.At - began.At, Is.LessThan(TimeSpan.FromSeconds(5)), up.Message);
            Assert.That(up.Message, Does.Contain("over tls"));
            Assert.That(blocked.GetProperty("carrier").GetProperty("current").GetString(), Is.EqualTo("tls"));
            Assert.That(blocked.GetProperty("carrier").GetProperty("reason").GetString(), Does.StartWith("quic did not come up: "));
        });
        Assert.That(((TextContentBlock)(await inFlight).Content.Single()).Text, Is.EqualTo("Counted down 8 steps."), "the call in flight has moved with nobody noticing");
        await CallAsync(networks, cancellationToken);
    }

    [Test]
    public async Task F12_udp_that_is_blocked_under_links_on_quic_means_tls_and_quic_again_once_it_passes(CancellationToken cancellationToken)
    {
        Requires.Quic();
        var networks = await StartAsync(new TwoNetworksOptions { Links = "{ count: 2, carriers: [quic, tls], probeEvery: 2s, longestWait: 2s }", Udp = true });
        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["quic", "quic"]), "both links on quic", cancellationToken);
        await CallAsync(networks, cancellationToken);
        var before = Events(networks.ClientProgram).Count;

        await networks.Firewall.SwallowUdpAsync(all: true);
        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["tls", "tls"]), "both links on tls", cancellationToken);
        await CallAsync(networks, cancellationToken);
        var since = Events(networks.ClientProgram).Skip(before).ToList();
        var noticed = since.First(entry => entry.Id == LinkEnded);
        var up = since.First(entry => entry.Id == LinkIsUp && entry.Message.Contains("over tls", StringComparison.Ordinal));
        await TestContext.Out.WriteLineAsync($"From the first link's end to a link on tls: {(up.At - noticed.At).TotalSeconds:0.00} s.");
        await networks.Firewall.SwallowUdpAsync(all: false);
        await UntilAsync(async () => (await CarriersAsync(networks)).SequenceEqual(["quic", "quic"]), "both links on quic again", cancellationToken);

        await CallAsync(networks, cancellationToken);
        Assert.That(up.At - noticed.At, Is.LessThan(TimeSpan.FromSeconds(5 + 2)), "5 s, behind a random wait of up to 2 s");
    }

    /// <summary>The first of a kind; the log may lag behind what the client does.</summary>
    private static async Task<(int Id, DateTimeOffset At, string Message)> EventAsync(TwoNetworks networks, int id, CancellationToken cancellationToken)
    {
        await UntilAsync(() => Task.FromResult(Events(networks.ClientProgram).Exists(entry => entry.Id == id)), $"event {id} is in the log", cancellationToken);
        return Events(networks.ClientProgram).Find(entry => entry.Id == id);
    }

    private static async Task<IEnumerable<string?>> CarriersAsync(TwoNetworks networks) =>
        (await networks.StatusAsync()).GetProperty("links").EnumerateArray().Select(link => link.TryGetProperty("carrier", out var carrier) ? carrier.GetString() : null);

    /// <summary>Agents that ask for large answers again and again, whatever becomes of them.</summary>
    private static Task LoadAsync(TwoNetworks networks, CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
    {
        var message = new Dictionary<string, object?> { ["message"] = new string('x', 300_000) };
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var agent = await ConnectAsync(networks, cancellationToken);
                while (true)
                {
                    await agent.CallToolAsync("echo", message, cancellationToken: cancellationToken);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // Their link went away, or it is enough.
            }
        }
    }));

    private static async Task<JsonElement> ReadinessAsync(TwoNetworks networks) => (await networks.StatusAsync()).GetProperty("readiness");

    private static async Task PutToSleepAsync(TwoNetworks networks, CancellationToken cancellationToken)
    {
        await networks.ClientProgram.SignalAsync(Stop);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 0, "the edge has given the sleeper up", cancellationToken);
    }

    private async Task<TwoNetworks> StartAsync(string carrier)
    {
        var networks = await StartAsync(new TwoNetworksOptions { Links = $"{{ count: 2, carriers: [{carrier}], longestWait: 2s }}", Udp = NeedsUdp(carrier) });
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "both links are up", CancellationToken.None);
        return networks;
    }
}
