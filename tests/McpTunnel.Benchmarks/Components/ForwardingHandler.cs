using System.Net;

namespace McpTunnel.Benchmarks.Components;

/// <summary>The outgoing side of YARP, the same in every managed proxy of a run.</summary>
internal static class ForwardingHandler
{
    public static HttpMessageInvoker Create() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = null,
    });
}
