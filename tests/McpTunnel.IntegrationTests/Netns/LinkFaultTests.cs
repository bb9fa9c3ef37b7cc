using System.Diagnostics;
using System.Runtime.Versioning;
using McpTunnel.TestKit;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What networks do to links, done to real processes by a packet filter: nobody says a word when packets are swallowed.</summary>
[Category("Netns")]
[CancelAfter(300_000)]
[SupportedOSPlatform("linux")]
[Platform("Linux")]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkFaultTests : NetworkTest
{
    [TestCase("tls")]
    [TestCase("quic")]
    public async Task F11_F15_network_that_swallows_everything_is_noticed_at_both_ends_and_forgotten(string carrier, CancellationToken cancellationToken)
    {
        var networks = await StartAsync(carrier);
        await CallAsync(networks, cancellationToken);

        await networks.Firewall.SwallowAsync(everything: true);
        await UntilAsync(async () => (await networks.StatusAsync()).GetProperty("links").EnumerateArray().All(link => link.GetProperty("state").GetString() != "up"), "the client has noticed", cancellationToken);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 0, "the edge has noticed", cancellationToken);
        await networks.Firewall.SwallowAsync(everything: false);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "the links are back", cancellationToken);

        await CallAsync(networks, cancellationToken);
        Assert.That((await networks.StatusAsync()).GetProperty("links")[0].GetProperty("carrier").GetString(), Is.EqualTo(carrier));
    }

    [TestCase("tls")]
    [TestCase("quic")]
    public async Task F11_client_that_slept_has_its_links_back_when_it_wakes(string carrier, CancellationToken cancellationToken)
    {
        const int stop = 19;
        const int go = 18;
        var networks = await StartAsync(carrier);
        var before = (await networks.EdgeLinksAsync()).Select(link => link.GetProperty("id").GetString()).ToList();

        await networks.ClientProgram.SignalAsync(stop);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 0, "the edge has given the sleeper up", cancellationToken);
        await networks.ClientProgram.SignalAsync(go);
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "the links are back", cancellationToken);

        await CallAsync(networks, cancellationToken);
        Assert.That((await networks.EdgeLinksAsync()).Select(link => link.GetProperty("id").GetString()).Intersect(before), Is.Empty);
    }

    [Test]
    public async Task F12_blocked_udp_means_tls_within_seconds_and_quic_again_once_it_passes(CancellationToken cancellationToken)
    {
        Requires.Quic();
        var started = Stopwatch.GetTimestamp();
        var networks = await StartAsync(new TwoNetworksOptions { Links = "{ count: 2, carriers: [quic, tls], probeEvery: 2s }" });
        var blocked = await networks.StatusAsync();
        await TestContext.Out.WriteLineAsync($"Edge, enrolment and a link on tls after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s in all.");
        await using var agent = await ConnectAsync(networks, cancellationToken);
        var inFlight = agent.CallToolAsync("countdown", new Dictionary<string, object?> { ["steps"] = 8, ["intervalMilliseconds"] = 1000 }, cancellationToken: cancellationToken);

        await networks.Firewall.AllowUdpAsync(TwoNetworks.EdgeForClient);
        await UntilAsync(
            async () => (await networks.StatusAsync()).GetProperty("links").EnumerateArray().All(link => link.GetProperty("carrier").GetString() == "quic"), "all links on quic", cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That(blocked.GetProperty("carrier").GetProperty("current").GetString(), Is.EqualTo("tls"));
            Assert.That(blocked.GetProperty("carrier").GetProperty("reason").GetString(), Does.StartWith("quic did not come up: "));
        });
        Assert.That(((TextContentBlock)(await inFlight).Content.Single()).Text, Is.EqualTo("Counted down 8 steps."), "the call in flight has moved with nobody noticing");
        await CallAsync(networks, cancellationToken);
    }

    private async Task<TwoNetworks> StartAsync(string carrier)
    {
        var networks = await StartAsync(new TwoNetworksOptions { Links = $"{{ count: 2, carriers: [{carrier}], longestWait: 2s }}", Udp = NeedsUdp(carrier) });
        await UntilAsync(async () => (await networks.EdgeLinksAsync()).Count == 2, "both links are up", CancellationToken.None);
        return networks;
    }
}
