using McpTunnel.Client.Linking;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>A whole client behind a proxy whose password changes while it runs.</summary>
[CancelAfter(120_000)]
public sealed class ProxyLoginTests
{
    [Test]
    public async Task F14_password_that_the_proxy_refuses_is_not_shown_again_and_a_changed_one_is_used_without_a_restart(CancellationToken cancellationToken)
    {
        using var directory = new ScratchDirectory();
        var secret = directory.Write("proxy-credentials", $"{ConnectProxy.User}:correct:horse\n");
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"corp\""] });
        await using var fixture = await TunnelFixture.StartAsync(new TunnelFixtureOptions
        {
            Links = 3,
            LinksYaml = ["longestWait: 1s"],
            ClientYaml = ["proxy:", $"  url: http://127.0.0.1:{proxy.EndPoint.Port}", $"  credentialsFile: {secret}"],
        });
        await Eventually.ThatAsync(() => fixture.Tunnel.Client.Status.Links.All(link => link.State == LinkSlotState.Up), "the links are up");

        proxy.Password = "another";
        var before = proxy.Requests.Count;
        proxy.Cut();
        await Eventually.ThatAsync(() => fixture.Tunnel.Client.Status.Links.All(link => link.LastError?.Contains("shown again in", StringComparison.Ordinal) == true), "every link is held back");
        var shown = proxy.Requests.Skip(before).Count(request => request.Authorization is not null);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
        Assert.Multiple(() =>
        {
            Assert.That(shown, Is.EqualTo(1), "by one link for all");
            Assert.That(proxy.Requests.Skip(before).Count(request => request.Authorization is not null), Is.EqualTo(shown), "not while dozens of dials went by");
            Assert.That(fixture.Tunnel.Client.Status.Links[0].LastError, Does.Contain("does not accept the credentials (407, Basic)"));
        });

        directory.Write("proxy-credentials", $"{ConnectProxy.User}:another\n");
        await Eventually.ThatAsync(() => fixture.Tunnel.Client.Status.Links.All(link => link.State == LinkSlotState.Up), "the links are back");
    }
}
