using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Dialing;

/// <summary>The dial of a carrier that begins with an HTTP upgrade: connect, upgrade, hello.</summary>
internal static class UpgradeDial
{
    /// <param name="carrier">Which one.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hello">What is asked for.</param>
    /// <param name="upgrade">Turns a request into the carrier's bytes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    /// <exception cref="LinkConnectException">The edge was not reached, or something else answered.</exception>
    public static async Task<ILink> RunAsync(
        Carrier carrier, LinkDialOptions options, TimeProvider time, LinkHello hello, Func<HttpMessageInvoker, CancellationToken, Task<Stream>> upgrade,
        CancellationToken cancellationToken)
    {
        // One handler for one connection: its pool has nothing to reuse, and disposing it with the link leaves nothing behind.
        var handler = new LinkHandler(options, time);
        var http = new HttpMessageInvoker(handler);
        try
        {
            var bytes = await upgrade(http, cancellationToken);
            var link = await ClientHandshake.RunAsync(bytes, carrier, hello, options.Link, time, cancellationToken, handler.Socket);

            // What the caller does with it does not belong on the thread that reads the carrier.
            await Task.Yield();
            _ = link.Closed.ContinueWith(
                static (_, state) => ((HttpMessageInvoker)state!).Dispose(), http, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return link;
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }
}
