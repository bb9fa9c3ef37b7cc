using System.Net;
using McpTunnel.Cli.Demo.Sample;

namespace McpTunnel.TestKit.WholePath;

/// <summary>The sample server, as clients reach it: perhaps over a recorded wire.</summary>
internal sealed class SampleEndpoint(SampleServer server, IPEndPoint? wire) : IAsyncDisposable
{
    public Uri Url => wire is null ? server.Url : new UriBuilder(server.Url) { Port = wire.Port }.Uri;

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
