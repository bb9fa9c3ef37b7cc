using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>A process that is ended by a second signal: whoever is at the other end of its links knows at once, over UDP too, where no kernel says it.</summary>
[CancelAfter(240_000)]
[UnsupportedOSPlatform("windows")]
[Platform("Linux")]
[Category("Quic")]
public sealed class SecondSignalTests : TakeOverFixture
{
    /// <summary>Well below the 13.5 s after which silence is noticed.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    [TestCase(0)]
    [TestCase(1000)]
    public async Task Client_ended_at_once_tells_the_edge_and_its_agents_streams_end(int pause)
    {
        using var stream = await OpenStreamAsync();

        await Client.SignalAsync(15);
        await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System);
        await Client.SignalAsync(15);
        var ended = TimeProvider.System.GetTimestamp();
        var broken = await ReadToEndAsync(stream);
        var noticed = TimeProvider.System.GetElapsedTime(ended);
        var client = await Client.EndAsync();

        Assert.That((client.ExitCode, broken), Is.EqualTo((130, true)));
        Assert.That(noticed, Is.LessThan(AtOnce));
    }

    [TestCase(0)]
    [TestCase(1000)]
    public async Task Edge_ended_at_once_tells_its_clients(int pause)
    {
        using var stream = await OpenStreamAsync();

        await Edge.SignalAsync(15);
        await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System);
        await Edge.SignalAsync(15);
        var ended = TimeProvider.System.GetTimestamp();
        await Upstream.NextAbortAsync(CancellationToken.None).AsTask().WaitAsync(Eventually.Deadline);
        var noticed = TimeProvider.System.GetElapsedTime(ended);
        var edge = await Edge.EndAsync();

        Assert.That(edge.ExitCode, Is.EqualTo(130));
        Assert.That(noticed, Is.LessThan(AtOnce));
    }

    private async Task<HttpResponseMessage> OpenStreamAsync()
    {
        Requires.Quic();
        await StartAllAsync(grace: "60s", links: "links:\n  carriers: [quic]\n  count: 1");
        Upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        var agent = NewAgent(authority);
        return await agent.GetAsync(Url, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Whether it broke off.</summary>
    private static async Task<bool> ReadToEndAsync(HttpResponseMessage stream)
    {
        try
        {
            await using var body = await stream.Content.ReadAsStreamAsync();
            await Eventually.EndAsync(body.CopyToAsync(Stream.Null));
            return false;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return true;
        }
    }
}
