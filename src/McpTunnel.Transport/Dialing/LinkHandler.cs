using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Transport.Dialing;

/// <summary>Lets only an answer 101 back; any other is thrown as what it means, so that carriers share how a refusal is read.</summary>
internal sealed class LinkHandler(LinkDialOptions options, TimeProvider time) : DelegatingHandler(new DialHandler(options, time))
{
    /// <summary>The socket of the connection that is up; null while there is none.</summary>
    public Socket? Socket => ((DialHandler)InnerHandler!).Socket;

    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    /// <exception cref="LinkConnectException">The edge was not reached, or something else answered.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            return response;
        }

        using (response)
        using (var limit = new CancellationTokenSource(options.ConnectTimeout, time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken))
        {
            try
            {
                throw await RefusalReader.ReadAsync(response, options.Edge.Authority, either.Token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new LinkConnectException($"{options.Edge.Authority}: answered HTTP {(int)response.StatusCode} and did not finish within {options.ConnectTimeout.TotalSeconds:0} s.", e);
            }
        }
    }
}
