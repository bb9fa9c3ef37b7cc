using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>F5 from the agent's bare socket to the upstream's: each way in which an agent can go, before and in the middle of its answer.</summary>
[CancelAfter(120_000)]
public sealed class AgentEndTests
{
    private ScriptedUpstream _upstream = null!;
    private TunnelFixture _path = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        _path = await TunnelFixture.StartAsync(new() { Servers = [new("docs") { Upstream = _upstream.Url, NeedsToken = false }] });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _path.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Test]
    public async Task F5_agent_that_goes_aborts_the_upstream_request(
        [Values("reset", "close", "half-close")] string way, [Values] bool answering)
    {
        _upstream.Become(answering ? Behaviour.SilentStream(": hello\n\n") : Behaviour.NoAnswer);
        var seen = _upstream.Requests.Count;
        var url = _path.Tunnel.UrlOf("docs");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, url.Port);
        await using var tls = new SslStream(new NetworkStream(socket));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(_path.Tunnel.CaFile);
        var options = AgentHttp.Trusting(authority);
        options.TargetHost = url.Host;
        await tls.AuthenticateAsClientAsync(options);
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"GET /mcp HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n"));
        await Eventually.ThatAsync(() => _upstream.Requests.Count == seen + 1, "the request is at the upstream");
        if (answering)
        {
            await Eventually.EndAsync(tls.ReadExactlyAsync(new byte[20]).AsTask());
        }

        // Nothing before this, so what aborts is this request's end.
        using (var premature = new CancellationTokenSource())
        {
            var abort = _upstream.NextAbortAsync(premature.Token).AsTask();
            Assert.That(abort.IsCompleted, Is.False);
            await premature.CancelAsync();
            Assert.That(async () => await abort, Throws.InstanceOf<OperationCanceledException>());
        }

        Go(way, socket);

        Assert.That(await Eventually.ResultAsync(_upstream.NextAbortAsync(CancellationToken.None).AsTask()), Is.SameAs(_upstream.Requests[seen]));
    }

    private static void Go(string way, Socket socket)
    {
        switch (way)
        {
            case "reset":
                socket.LingerState = new LingerOption(true, 0);
                socket.Close();
                break;
            case "close":
                socket.Close();
                break;
            default:
                socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }
}
