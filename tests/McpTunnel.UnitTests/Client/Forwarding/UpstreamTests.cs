using System.Net;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.Routing;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Forwarding;

public sealed class UpstreamTests
{
    private static readonly ServerOptions Options = new()
    {
        Name = "docs",
        Upstream = new Uri("http://10.0.0.5:3000/mcp"),
        Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None },
    };

    [Test]
    public void R26_F7_nothing_ends_a_response_that_has_begun()
    {
        var upstream = NewUpstream(new FakeTimeProvider());

        Assert.Multiple(() =>
        {
            Assert.That(upstream.RequestConfig.ActivityTimeout, Is.EqualTo(Timeout.InfiniteTimeSpan));
            Assert.That(upstream.RequestConfig.AllowResponseBuffering, Is.False);
            Assert.That(upstream.Handler.KeepAlivePingDelay, Is.EqualTo(Timeout.InfiniteTimeSpan));
        });
    }

    [Test]
    public void Handler_adds_nothing_of_its_own()
    {
        var handler = NewUpstream(new FakeTimeProvider()).Handler;

        Assert.Multiple(() =>
        {
            Assert.That(handler.AllowAutoRedirect, Is.False);
            Assert.That(handler.UseCookies, Is.False);
            Assert.That(handler.UseProxy, Is.False);
            Assert.That(handler.AutomaticDecompression, Is.EqualTo(DecompressionMethods.None));
            Assert.That(handler.ActivityHeadersPropagator, Is.Null);
            Assert.That(handler.MaxResponseDrainSize, Is.Zero);
            Assert.That(handler.ConnectTimeout, Is.EqualTo(Options.ConnectTimeout));
        });
    }

    [TestCase(UpstreamProtocol.Http1, "1.1")]
    [TestCase(UpstreamProtocol.Http2, "2.0")]
    public void RequestConfig_speaks_the_protocol_that_is_configured(UpstreamProtocol protocol, string version)
    {
        var upstream = new Upstream(Options with { UpstreamProtocol = protocol }, Address(), null, new SystemHostResolver(), new FakeTimeProvider());

        Assert.Multiple(() =>
        {
            Assert.That(upstream.RequestConfig.Version, Is.EqualTo(Version.Parse(version)));
            Assert.That(upstream.RequestConfig.VersionPolicy, Is.EqualTo(HttpVersionPolicy.RequestVersionExact));
        });
    }

    [Test]
    public void F7_timer_runs_only_until_the_headers()
    {
        var time = new FakeTimeProvider();
        using var disarmed = NewUpstream(time).RentTimer();
        using var armed = NewUpstream(time).RentTimer();
        time.Advance(Options.ResponseTimeout - TimeSpan.FromMilliseconds(1));
        disarmed.Disarm();
        var before = armed.Expired;
        time.Advance(TimeSpan.FromDays(7));

        Assert.Multiple(() =>
        {
            Assert.That(before, Is.False);
            Assert.That(armed.Expired, Is.True);
            Assert.That(armed.Token.IsCancellationRequested, Is.True);
            Assert.That(disarmed.Expired, Is.False);
        });
    }

    [Test]
    public void Retire_waits_for_the_last_call_and_takes_no_new_one()
    {
        var upstream = NewUpstream(new FakeTimeProvider());
        Assert.That(upstream.TryEnter(), Is.True);

        upstream.Retire();
        var enters = upstream.TryEnter();
        upstream.Exit();

        Assert.Multiple(() =>
        {
            Assert.That(enters, Is.True, "a call in progress keeps it open, also for one that was routed a moment ago");
            Assert.That(upstream.TryEnter(), Is.True);
        });
        upstream.Exit();
        upstream.Exit();
        Assert.That(upstream.TryEnter(), Is.False);
        Assert.That(
            async () => await upstream.Invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, Options.Upstream), CancellationToken.None), Throws.InstanceOf<ObjectDisposedException>());
    }

    private static Upstream NewUpstream(TimeProvider time) => new(Options, Address(), null, new SystemHostResolver(), time);

    private static ServerAddress Address() => ServerAddress.Of(Options, "acme.test", 443);
}
