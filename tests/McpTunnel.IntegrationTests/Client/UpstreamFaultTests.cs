using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Telemetry;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Upstreams that are down, slow, lying or leaving.</summary>
public sealed class UpstreamFaultTests
{
    [Test]
    public async Task R16_POST_on_a_connection_that_the_upstream_closes_is_sent_once()
    {
        // The second request meets a connection that closes without an answer: the classic race with an idle limit.
        await using var upstream = new RawUpstream(exchange =>
        {
            if (exchange.Connection == 1 && exchange.Request == 2)
            {
                exchange.Close();
                return Task.CompletedTask;
            }

            return exchange.OkAsync();
        });
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        using var first = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{\"id\":1}"));

        using var second = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{\"id\":2}"));

        Assert.Multiple(() =>
        {
            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(upstream.Requests.Count(text => text.Contains("\"id\":2", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(upstream.Requests, Has.Count.EqualTo(2));
        });
        Assert.That(await Problem.CodeAsync(second), Is.EqualTo("upstream_failed"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task R16_POST_without_a_body_is_sent_once(bool reset)
    {
        await using var upstream = new RawUpstream(exchange =>
        {
            if (exchange.Request == 1)
            {
                return exchange.OkAsync();
            }

            if (reset)
            {
                exchange.Reset();
            }
            else
            {
                exchange.Close();
            }

            return Task.CompletedTask;
        });
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        using var first = await agent.PostAsync(BoundaryHost.UrlOf("docs"), null);

        using var second = await agent.PostAsync(BoundaryHost.UrlOf("docs"), null);

        Assert.Multiple(() =>
        {
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(upstream.Requests, Has.Count.EqualTo(2), "one for each call");
        });
    }

    [Test]
    public async Task Trailers_of_the_upstream_pass_to_HTTP2_agents()
    {
        await using var upstream = new RawUpstream(exchange =>
            exchange.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n4\r\nbody\r\n0\r\nX-Checksum: abc\r\n\r\n"));
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version20);

        using var response = await agent.GetAsync(BoundaryHost.UrlOf("docs"));

        Assert.That(response.TrailingHeaders.GetValues("X-Checksum"), Is.EqualTo(new[] { "abc" }));
    }

    [TestCase("200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\n{}\r\n0\r\n\r\n", HttpStatusCode.OK, "{}")]
    [TestCase("204 No Content\r\nContent-Length: 5\r\n\r\nhello", HttpStatusCode.NoContent, "")]
    [TestCase("204 No Content\r\nContent-Length: 0\r\n\r\n", HttpStatusCode.NoContent, "")]
    public async Task Length_that_the_framing_overrules_does_not_pass(string answer, HttpStatusCode status, string body)
    {
        await using var upstream = new RawUpstream(exchange => exchange.WriteAsync("HTTP/1.1 " + answer));
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);

        using var response = await agent.GetAsync(BoundaryHost.UrlOf("docs"));

        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(body));
    }

    [Test]
    public async Task Upstream_that_is_down_is_502_and_another_server_is_unharmed()
    {
        await using var healthy = new RawUpstream(exchange => exchange.OkAsync());
        int freePort;
        using (var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            freePort = ((IPEndPoint)probe.LocalEndPoint!).Port;
        }

        await using var host = await BoundaryHost.StartAsync(
            [BoundaryHost.Server("down", new Uri($"http://127.0.0.1:{freePort}/mcp")), BoundaryHost.Server("docs", healthy.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version20);

        using var down = await agent.PostAsync(BoundaryHost.UrlOf("down"), new StringContent("{}"));
        using var up = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(await Problem.CodeAsync(down), Is.EqualTo("upstream_unreachable"));
        Assert.Multiple(() =>
        {
            Assert.That(down.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(down.Headers.RetryAfter?.Delta, Is.Not.Null);
            Assert.That(up.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        });
        Assert.That(await down.Content.ReadAsStringAsync(), Does.Not.Contain("127.0.0.1"), "agents are not told private addresses");
    }

    [Test]
    public async Task Upstream_that_sends_no_headers_in_time_is_504()
    {
        await using var upstream = new RawUpstream(_ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System));
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url) with { ResponseTimeout = TimeSpan.FromMilliseconds(200) }]);
        using var agent = host.NewAgent(HttpVersion.Version11);

        using var response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.GatewayTimeout));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("upstream_timeout"));
    }

    [TestCase("refused", "upstream_unreachable")]
    [TestCase("closes", "upstream_failed")]
    [TestCase("silent", "upstream_timeout")]
    [TestCase("forbidden", "upstream_address_forbidden")]
    public async Task Upstream_fault_of_every_kind_is_counted(string fault, string code)
    {
        var release = new TaskCompletionSource();
        await using var upstream = new RawUpstream(exchange =>
        {
            if (fault == "silent")
            {
                return release.Task;
            }

            exchange.Close();
            return Task.CompletedTask;
        });

        // Port 1 of loopback: nobody listens there.
        var url = fault == "refused" ? new Uri("http://127.0.0.1:1/mcp") : upstream.Url;
        var server = BoundaryHost.Server("docs", url) with { ResponseTimeout = TimeSpan.FromSeconds(1) };
        await using var host = await BoundaryHost.StartAsync([fault == "forbidden" ? server with { AllowedNetworks = [IPNetwork.Parse("10.0.0.0/8")] } : server]);
        using var agent = host.NewAgent(HttpVersion.Version11);
        using var reading = new MeterReading("McpTunnel.Client");

        using var response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(await Problem.CodeAsync(response), Is.EqualTo(code));
        await Eventually.ThatAsync(() => reading.Sum("mcptunnel.client.call.duration", code) == 1, "it is counted");
        release.SetResult();
    }

    [Test]
    public async Task F7_R26_response_that_has_begun_outlives_every_limit_on_time()
    {
        // Headers within the limit, then silence for several times of every limit that is set.
        var release = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            await release.Task;
            await exchange.WriteAsync("data: late\n\n");
            exchange.Close();
        });
        var limit = TimeSpan.FromSeconds(1);
        await using var host = await BoundaryHost.StartAsync(
            [BoundaryHost.Server("docs", upstream.Url) with { ResponseTimeout = limit, ConnectTimeout = limit }],
            new LimitsOptions { IdleConnectionTimeout = limit, RequestHeadersTimeout = limit });
        using var agent = host.NewAgent(HttpVersion.Version11);
        using var response = await agent.SendAsync(new HttpRequestMessage(HttpMethod.Get, BoundaryHost.UrlOf("docs")), HttpCompletionOption.ResponseHeadersRead);

        await Task.Delay(limit * 4, TimeProvider.System);
        release.SetResult();

        Assert.That(await Eventually.ResultAsync(response.Content.ReadAsStringAsync()), Is.EqualTo("data: late\n\n"));
    }

    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")]
    [TestCase("nonsense\r\n\r\n")]
    [TestCase("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nBad Header: x\r\n")]
    [TestCase("")]
    public async Task Upstream_that_breaks_off_before_a_body_is_502(string bytes)
    {
        await using var upstream = new RawUpstream(async exchange =>
        {
            await exchange.WriteAsync(bytes);
            exchange.Close();
        });
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        using var agent = host.NewAgent(HttpVersion.Version11);

        HttpResponseMessage response;
        try
        {
            response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));
        }
        catch (HttpRequestException)
        {
            // The head had gone to the agent by the time the upstream left: then the response breaks off.
            Assert.That(bytes, Does.Contain("Content-Length: 10"));
            return;
        }

        using (response)
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(await Problem.CodeAsync(response), Is.EqualTo("upstream_failed"));
        }
    }

    [TestCase(false, null)]
    [TestCase(true, "ok")]
    public async Task Upstream_with_a_private_certificate_needs_its_authority(bool named, string? answer)
    {
        using var directory = new ScratchDirectory();
        using var authority = ServerCa.CreateForTunnel("private.test", TimeProvider.System);
        using var issued = authority.IssueServerCertificate(["upstream.private.test"]);
        var caFile = directory.Write("ca.pem", authority.Certificate.ExportCertificatePem());
        await using var upstream = new RawUpstream(
            exchange => exchange.OkAsync(), tls: new SslServerAuthenticationOptions { ServerCertificateContext = issued.ToCertificateContext() });
        await using var host = await BoundaryHost.StartAsync(
            [BoundaryHost.Server("docs", new Uri($"https://upstream.private.test:{upstream.Port}/mcp")) with { UpstreamCaFile = named ? caFile : null }],
            resolver: new ScriptedResolver(_ => [IPAddress.Loopback]));
        using var agent = host.NewAgent(HttpVersion.Version11);

        using var response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(await Problem.CodeAsync(response), Is.EqualTo(named ? null : "upstream_unreachable"));
        Assert.That(answer is null || await response.Content.ReadAsStringAsync() == answer, Is.True);
    }

    [Test]
    public async Task R8_name_with_several_addresses_keeps_leading_to_the_same_instance()
    {
        await using var one = new RawUpstream(exchange => OnceAsync(exchange, "one"), IPAddress.Parse("127.0.0.2"));
        await using var two = new RawUpstream(exchange => OnceAsync(exchange, "two"), IPAddress.Parse("127.0.0.3"), one.Port);
        var turn = 0;
        var resolver = new ScriptedResolver(_ => turn++ % 2 == 0
            ? [IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3")]
            : [IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.2")]);
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", new Uri($"http://replicas.test:{one.Port}/mcp"))], resolver: resolver);
        using var agent = host.NewAgent(HttpVersion.Version11);
        var answers = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            answers.Add(await agent.GetStringAsync(BoundaryHost.UrlOf("docs")));
        }

        Assert.That(answers, Has.All.EqualTo("one"));
        Assert.That(turn, Is.EqualTo(6), "each call made a connection of its own");

        static async Task OnceAsync(RawUpstream.Exchange exchange, string body)
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            exchange.Close();
        }
    }

    [Test]
    public async Task F40_answer_that_changes_between_two_look_ups_is_judged_where_it_is_dialled()
    {
        await using var allowed = new RawUpstream(exchange => exchange.OkAsync("allowed"), IPAddress.Parse("127.0.0.2"));
        await using var forbidden = new RawUpstream(exchange => exchange.OkAsync("forbidden"), IPAddress.Parse("127.0.0.3"), allowed.Port);
        var answers = new Queue<IPAddress[]>([[IPAddress.Parse("127.0.0.3")], [IPAddress.Parse("127.0.0.2")], [IPAddress.Parse("127.0.0.3")]]);
        var asked = 0;
        var resolver = new ScriptedResolver(_ =>
        {
            asked++;
            return answers.Dequeue();
        });
        await using var host = await BoundaryHost.StartAsync(
            [BoundaryHost.Server("docs", new Uri($"http://rebinding.test:{allowed.Port}/mcp")) with { AllowedNetworks = [IPNetwork.Parse("127.0.0.2/32")] }], resolver: resolver);
        using var agent = host.NewAgent(HttpVersion.Version11);

        using var refused = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));
        using var served = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(await Problem.CodeAsync(refused), Is.EqualTo("upstream_address_forbidden"));
        Assert.That(await served.Content.ReadAsStringAsync(), Is.EqualTo("allowed"));
        Assert.Multiple(() =>
        {
            Assert.That(asked, Is.EqualTo(2), "one look-up for each connection: a second could have another answer");
            Assert.That(forbidden.Connections, Is.Zero);
        });
    }

    [TestCase("127.0.0.1")]
    [TestCase("::1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("169.254.169.254")]
    [TestCase("0.0.0.0")]
    [TestCase("8.8.8.8")]
    public async Task F40_name_that_leads_outside_the_default_networks_is_refused(string address)
    {
        await using var host = await BoundaryHost.StartAsync(
            [BoundaryHost.Server("docs", new Uri("http://upstream.test:9/mcp")) with { AllowedNetworks = new ServerOptions { Name = "x", Upstream = new Uri("http://x"), Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None } }.AllowedNetworks }],
            resolver: new ScriptedResolver(_ => [IPAddress.Parse(address)]));
        using var agent = host.NewAgent(HttpVersion.Version11);

        using var response = await agent.PostAsync(BoundaryHost.UrlOf("docs"), new StringContent("{}"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("upstream_address_forbidden"));
    }

    [Test]
    public async Task F5_agent_that_half_closes_aborts_the_upstream_request()
    {
        var gone = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n");
            try
            {
                if (await exchange.Socket.ReceiveAsync(new byte[1]) == 0)
                {
                    gone.SetResult();
                }
            }
            catch (SocketException)
            {
                gone.SetResult();
            }
        });
        await using var host = await BoundaryHost.StartAsync([BoundaryHost.Server("docs", upstream.Url)]);
        await using var tls = await host.OpenAsync(BoundaryHost.HostOf("docs"));
        await tls.WriteAsync(Encoding.ASCII.GetBytes("GET /mcp HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\n\r\n"));
        await tls.ReadExactlyAsync(new byte[20]);

        await tls.ShutdownAsync();
        host.HalfClose(tls);

        await Eventually.EndAsync(gone.Task);
    }
}
