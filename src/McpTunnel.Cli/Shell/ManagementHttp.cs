namespace McpTunnel.Cli.Shell;

/// <summary>HTTP with the management listener of an edge or a client on this machine, or with whatever listens in its place.</summary>
internal static class ManagementHttp
{
    /// <summary>The bound on what a wrong address may send.</summary>
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    /// <summary>No proxy is asked and no redirect followed.</summary>
    /// <param name="patience">Time for a whole answer.</param>
    public static HttpClient Create(TimeSpan patience) =>
        new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = patience, MaxResponseContentBufferSize = MaxAnswerBytes };
}
