using McpTunnel.Client.Configuration;
using McpTunnel.Client.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Hosting;

public sealed class BoundaryServerTests
{
    [Test]
    public void R26_F7_no_limit_of_time_or_rate_touches_a_call_in_progress()
    {
        var kestrel = new KestrelServerOptions();

        BoundaryServer.Limit(kestrel, new LimitsOptions());

        Assert.Multiple(() =>
        {
            Assert.That(kestrel.Limits.MinRequestBodyDataRate, Is.Null);
            Assert.That(kestrel.Limits.MinResponseDataRate, Is.Null);
            Assert.That(kestrel.Limits.Http2.KeepAlivePingDelay, Is.EqualTo(TimeSpan.MaxValue), "no ping, so no ping is missed");
            Assert.That(kestrel.Limits.KeepAliveTimeout, Is.EqualTo(TimeSpan.FromMinutes(15)));
        });
    }

    [Test]
    public void R7_bounds_on_requests_are_the_configured_ones()
    {
        var kestrel = new KestrelServerOptions();
        var limits = new LimitsOptions { MaxRequestHeaders = 50, StreamsPerConnection = 7 };

        BoundaryServer.Limit(kestrel, limits);

        Assert.Multiple(() =>
        {
            Assert.That(kestrel.Limits.MaxRequestHeaderCount, Is.EqualTo(50));
            Assert.That(kestrel.Limits.MaxRequestHeadersTotalSize, Is.EqualTo(32 * 1024));
            Assert.That(kestrel.Limits.MaxRequestBodySize, Is.EqualTo(4 * 1024 * 1024));
            Assert.That(kestrel.Limits.Http2.MaxStreamsPerConnection, Is.EqualTo(7));
            Assert.That(kestrel.AddServerHeader, Is.False);
        });
    }
}
