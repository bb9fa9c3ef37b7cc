using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.Cli.Demo.Agents;

/// <summary>An agent outside: the C# MCP client over HTTPS through the edge, with a token, in one protocol era.</summary>
internal sealed class McpAgent : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly ExchangeRecorder _recorder;
    private readonly MeasuringConnector _connector;
    private readonly McpClient _client;

    private McpAgent(HttpClient http, ExchangeRecorder recorder, MeasuringConnector connector, McpClient client)
    {
        _http = http;
        _recorder = recorder;
        _connector = connector;
        _client = client;
    }

    /// <summary>The protocol revision agreed on.</summary>
    public string ProtocolVersion => _client.NegotiatedProtocolVersion ?? "";

    public IReadOnlyList<AgentConnection> Connections => _connector.Connections;

    public IReadOnlyList<AgentExchange> Exchanges => _recorder.Exchanges;

    /// <summary>Connects and negotiates exactly <paramref name="protocolVersion"/>.</summary>
    /// <param name="url">The server's public URL.</param>
    /// <param name="token">An access token for that URL.</param>
    /// <param name="protocolVersion">The revision; another one is not accepted.</param>
    /// <param name="connector">Opens connections.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<McpAgent> ConnectAsync(
        Uri url, string token, string protocolVersion, MeasuringConnector connector, TimeProvider time, CancellationToken cancellationToken)
    {
        var recorder = new ExchangeRecorder(connector.NewHandler(), time);
        var http = new HttpClient(new BearerHandler(token, recorder));
        try
        {
            var transport = new HttpClientTransport(
                new HttpClientTransportOptions { Endpoint = url, TransportMode = HttpTransportMode.StreamableHttp }, http);
            var client = await McpClient.CreateAsync(
                transport,
                new McpClientOptions { ProtocolVersion = protocolVersion, ClientInfo = new Implementation { Name = "mcptunnel-demo-agent", Version = "1.0.0" } },
                cancellationToken: cancellationToken);
            return new McpAgent(http, recorder, connector, client);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>The names of the server's tools.</summary>
    public async Task<IReadOnlyList<string>> ListToolsAsync(CancellationToken cancellationToken) =>
        [.. (await _client.ListToolsAsync(cancellationToken: cancellationToken)).Select(tool => tool.Name)];

    /// <summary>Calls a tool and returns its text.</summary>
    /// <exception cref="IOException">The tool reported an error.</exception>
    public async Task<string> CallToolAsync(string tool, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        var result = await _client.CallToolAsync(tool, arguments, cancellationToken: cancellationToken);
        var text = string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text));
        return result.IsError == true ? throw new IOException($"The tool {tool} reported: {text}") : text;
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _http.Dispose();
    }
}
