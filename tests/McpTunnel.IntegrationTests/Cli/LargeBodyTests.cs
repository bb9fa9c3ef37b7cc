using System.Globalization;
using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Upstreams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>A GiB through real processes, whose memory the kernel measures.</summary>
[CancelAfter(300_000)]
[SupportedOSPlatform("linux")] // reads /proc
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LargeBodyTests : InstallationFixture
{
    private const long Size = 1L << 30;

    /// <summary>
    /// What a process may grow by at its peak: windows, pipes and the garbage of a GiB between two collections. A quarter of the body, so that
    /// one that is held cannot pass.
    /// </summary>
    private const long Growth = Size / 4;

    /// <summary>What may be on its way while nobody reads: the same, and the kernel's buffers of four connections.</summary>
    private const long InFlight = 64L * 1024 * 1024;

    [Test]
    public async Task F2_gibibyte_to_an_agent_that_is_slow_at_first_takes_bounded_memory_of_edge_and_client()
    {
        long sent = 0;
        await RunAsync(
            async context =>
            {
                context.Response.ContentLength = Size;
                var part = new byte[64 * 1024];
                for (; Interlocked.Read(ref sent) < Size; Interlocked.Add(ref sent, part.Length))
                {
                    await context.Response.Body.WriteAsync(part, context.RequestAborted);
                }
            },
            async (agent, url) =>
            {
                using var response = await agent.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
                await using var body = await response.Content.ReadAsStreamAsync();
                await StandsStillAsync(() => Interlocked.Read(ref sent));
                Assert.That(Interlocked.Read(ref sent), Is.LessThan(InFlight), "the upstream waits for the agent");

                Assert.That(await CountAsync(body), Is.EqualTo(Size));
            });
    }

    [Test]
    public async Task F2_gibibyte_to_an_upstream_that_is_slow_at_first_takes_bounded_memory_of_edge_and_client()
    {
        var read = new TaskCompletionSource();
        await RunAsync(
            async context =>
            {
                context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
                await read.Task;
                await context.Response.WriteAsync((await CountAsync(context.Request.Body)).ToString(CultureInfo.InvariantCulture));
            },
            async (agent, url) =>
            {
                using var content = new Zeros(Size);
                var sending = agent.PostAsync(url, content);
                await StandsStillAsync(() => content.Written);
                Assert.That(content.Written, Is.LessThan(InFlight), "the agent waits for the upstream");
                read.SetResult();

                using var response = await sending;
                Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Size.ToString(CultureInfo.InvariantCulture)));
            });
    }

    private async Task RunAsync(RequestDelegate behaviour, Func<HttpClient, Uri, Task> call)
    {
        Requires.Linux();
        await using var upstream = await ScriptedUpstream.StartAsync(behaviour);
        upstream.RecordsBodies = false;
        var made = await PreparedTunnel.MakeAsync(EdgeDomain, EdgeState, Listen, ClientState);
        await File.AppendAllTextAsync(made.ConfigurationFile, "\nmanagement: 127.0.0.1:0\n");
        await using var edge = RunningProgram.StartMcptunnel("edge", "run", "--config", made.ConfigurationFile, "--json");
        await edge.NextLineAsync();
        await WriteClientYamlAsync(upstream.Url, "limits: {maxRequestBody: 1GiB}");
        await using var client = RunningProgram.StartMcptunnel("client", "run", "--config", Path.Combine(ClientState, "client.yaml"), "--json");
        var url = new Uri(JsonDocument.Parse(await client.NextLineAsync()).RootElement.GetProperty("servers")[0].GetString()!);
        var before = (Peak(edge), Peak(client));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        using var agent = NewAgent(authority);
        agent.Timeout = Timeout.InfiniteTimeSpan;

        await call(agent, url);

        var grown = (Edge: Peak(edge) - before.Item1, Client: Peak(client) - before.Item2);
        await TestContext.Out.WriteLineAsync($"peak of resident memory grew by {grown.Edge >> 20} MiB at the edge, {grown.Client >> 20} MiB at the client");
        Assert.That(grown.Edge, Is.LessThan(Growth));
        Assert.That(grown.Client, Is.LessThan(Growth));
    }

    /// <summary>The most resident memory that a process has had, in bytes.</summary>
    private static long Peak(RunningProgram program)
    {
        var line = File.ReadLines($"/proc/{program.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static async Task StandsStillAsync(Func<long> count)
    {
        const int Looks = 20;
        long last = -1;
        var same = 0;
        while (same < Looks)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            var now = count();
            same = now == last && now > 0 ? same + 1 : 0;
            last = now;
        }
    }

    private static async Task<long> CountAsync(Stream body)
    {
        var buffer = new byte[256 * 1024];
        long total = 0;
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0)
        {
            total += read;
        }

        return total;
    }

    private sealed class Zeros(long size) : HttpContent
    {
        private long _written;

        public long Written => Interlocked.Read(ref _written);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var part = new byte[64 * 1024];
            for (; Written < size; Interlocked.Add(ref _written, part.Length))
            {
                await stream.WriteAsync(part);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
