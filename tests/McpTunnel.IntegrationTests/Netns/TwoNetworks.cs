using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Netns;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>
/// The product as it is installed: <c>mcptunnel edge run</c> and <c>mcptunnel client run</c>, each from its files, on machines that are joined by
/// <code>agents ── 10.91.1.0/24 ── edge ── 10.91.2.0/24 ──▌client, MCP server, issuer</code>
/// where nothing is forwarded, and the bar is a <see cref="Firewall"/>.
/// </summary>
internal sealed class TwoNetworks : IAsyncDisposable
{
    private const string EdgeDomain = "edge.test";

    private static readonly IPEndPoint EdgeForAgents = new(IPAddress.Parse("10.91.1.1"), 443);
    private static readonly IPEndPoint ManagementOfClient = new(IPAddress.Loopback, 9464);
    private static readonly IPEndPoint SecondEdgeForClient = new(IPAddress.Parse("10.91.3.1"), 443);

    private readonly ScratchDirectory _files = new();
    private readonly Stack<IAsyncDisposable> _parts = [];

    private static readonly IPEndPoint ProxyForClient = new(IPAddress.Parse("10.91.2.1"), 3128);

    private readonly TwoNetworksOptions _options;

    private TwoNetworks(TwoNetworksOptions options) => _options = options;

    public static IPEndPoint EdgeForClient { get; } = new(IPAddress.Parse("10.91.2.1"), 443);

    public static IPAddress ClientAddress { get; } = IPAddress.Parse("10.91.2.2");

    /// <summary>Where the client comes from on the other way.</summary>
    public static IPAddress SecondClientAddress { get; } = IPAddress.Parse("10.91.3.2");

    public static IPAddress ClientAddress6 { get; } = IPAddress.Parse("fd91:2::2");

    /// <summary>The server's public URL.</summary>
    public static Uri Url { get; } = new($"https://sample.acme.{EdgeDomain}/mcp");

    public NetworkNamespace Agents { get; private set; } = null!;

    public NetworkNamespace Edge { get; private set; } = null!;

    public NetworkNamespace Client { get; private set; } = null!;

    public Firewall Firewall { get; private set; } = null!;

    /// <summary>The only way out, where there is one: on the edge's machine, and the only one there to know the edge's name.</summary>
    public ConnectProxy? Proxy { get; private set; }

    /// <summary>The way from client to edge, where it is one.</summary>
    public DelayLine? Line { get; private set; }

    /// <summary>The other way, where there is one.</summary>
    public DelayLine? SecondLine { get; private set; }

    /// <summary>A token of the private network's issuer for <see cref="Url"/>.</summary>
    public string Token { get; private set; } = "";

    private string EdgeState => _files["edge"];

    private string ClientState => _files["client"];

    public static async Task<TwoNetworks> StartAsync(TwoNetworksOptions? options = null)
    {
        var networks = new TwoNetworks(options ?? new TwoNetworksOptions());
        try
        {
            await networks.LayCablesAsync();
            await networks.StartEdgeAsync();
            await networks.StartClientAsync();
            return networks;
        }
        catch
        {
            await networks.DisposeAsync();
            throw;
        }
    }

    /// <summary>The running <c>edge run</c>.</summary>
    public RunningProgram EdgeProgram { get; private set; } = null!;

    /// <summary>The running <c>client run</c>.</summary>
    public RunningProgram ClientProgram { get; private set; } = null!;

    /// <summary>What <c>client status</c> reads, ready or not. Asked again and again, which a process for each answer would make dear.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        using var http = HttpFrom(Client, new SocketsHttpHandler(), ManagementOfClient);
        return JsonDocument.Parse(await http.GetByteArrayAsync(new Uri($"http://{ManagementOfClient}/status"))).RootElement;
    }

    /// <summary>The links that the edge has: what <c>edge links</c> reads.</summary>
    public async Task<IReadOnlyList<JsonElement>> EdgeLinksAsync()
    {
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(EdgeState, EdgeStateFiles.EdgeCa));
        var adminKey = await File.ReadAllTextAsync(Path.Combine(EdgeState, EdgeStateFiles.AdminKey));
        using var http = HttpFrom(Edge, AgentHttp.Handler(EdgeForAgents, authority), EdgeForAgents, adminKey.Trim());
        return [.. JsonDocument.Parse(await http.GetByteArrayAsync(new Uri($"https://{EdgeDomain}/v1/links"))).RootElement.GetProperty("items").EnumerateArray()];
    }

    /// <summary>Revokes every token of the tunnel.</summary>
    public async Task RevokeTokensAsync()
    {
        foreach (var token in JsonDocument.Parse(await AdministerAsync("tokens", "list", "acme", "--json")).RootElement.EnumerateArray())
        {
            await AdministerAsync("tokens", "revoke", "acme", token.GetProperty("id").GetString()!);
        }
    }

    /// <summary>Issues a new token, ends the one before at once, and writes the new one where the client reads it.</summary>
    public async Task ChangeTokenAsync()
    {
        await AdministerAsync("tokens", "rotate", "acme", "--overlap", "0s", "--token-file", _files["token-2"]);
        File.Move(_files["token-2"], Path.Combine(ClientState, "token"), overwrite: true);
    }

    /// <summary>HTTP from the agents' network.</summary>
    public HttpClient CreateAgent(string? token)
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(ClientState, "server-ca.pem"));
        var handler = AgentHttp.Handler(EdgeForAgents, authority);
        return HttpFrom(Agents, handler, EdgeForAgents, token);
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }

        _files.Dispose();
    }

    private static HttpClient HttpFrom(NetworkNamespace from, SocketsHttpHandler handler, IPEndPoint to, string? token = null)
    {
        handler.ConnectCallback = async (_, cancellationToken) => await from.ConnectAsync(to, cancellationToken);
        return new HttpClient(token is null ? handler : new BearerHandler(token, handler));
    }

    private async Task LayCablesAsync()
    {
        Agents = await AddAsync(NetworkNamespace.CreateAsync("agents"));
        Edge = await AddAsync(NetworkNamespace.CreateAsync("edge"));
        Client = await AddAsync(NetworkNamespace.CreateAsync("client"));
        await NetworkNamespace.JoinAsync((Agents, "to-edge", IPAddress.Parse("10.91.1.2")), (Edge, "to-agents", EdgeForAgents.Address));
        if (_options.Line is null && !_options.SecondWay)
        {
            await NetworkNamespace.JoinAsync((Client, "to-edge", ClientAddress), (Edge, "to-client", EdgeForClient.Address));
            await NetworkNamespace.AddIPv6Async((Client, "to-edge", ClientAddress6), (Edge, "to-client", IPAddress.Parse("fd91:2::1")));
            await CheckCableAsync(ClientAddress6);
        }
        else
        {
            Line = await JoinAsync("", ClientAddress, EdgeForClient.Address);
            SecondLine = _options.SecondWay ? await JoinAsync("2", SecondClientAddress, SecondEdgeForClient.Address) : null;
        }

        await CheckCableAsync(ClientAddress);
        Firewall = new Firewall(Client);
        await Firewall.CloseAsync(_options.BehindProxy ? ProxyForClient : EdgeForClient);
        foreach (var edge in Edges)
        {
            if (edge != EdgeForClient)
            {
                await Firewall.AllowAsync(edge);
            }

            if (_options.Udp)
            {
                await Firewall.AllowUdpAsync(edge);
            }
        }

        if (_options.LargestUdp is { } largest)
        {
            await Firewall.DropLargeUdpAsync(largest);
        }

        Proxy = _options.BehindProxy ? await AddAsync(Task.FromResult(StartProxy())) : null;
        await NameEdgeAsync(EdgeForClient);
    }

    /// <summary>The edge, at each address that the client knows.</summary>
    public IReadOnlyList<IPEndPoint> Edges => _options.SecondWay ? [EdgeForClient, SecondEdgeForClient] : [EdgeForClient];

    /// <summary>From now on the edge's names mean its second address and no other.</summary>
    public Task RenameAsync() => NameEdgeAsync(SecondEdgeForClient);

    private Task NameEdgeAsync(IPEndPoint edge) =>
        _options.ByName ? Client.SetNamesAsync((EdgeDomain, edge.Address), ($"link.{EdgeDomain}", edge.Address)) : Task.CompletedTask;

    private Task<DelayLine> JoinAsync(string suffix, IPAddress client, IPAddress edge) =>
        AddAsync(DelayLine.JoinAsync((Client, $"to-edge{suffix}", client), (Edge, $"to-client{suffix}", edge), _options.Line ?? new DelayLineSettings()));

    private ConnectProxy StartProxy() => ConnectProxy.Start(new ConnectProxyOptions
    {
        Listen = ProxyForClient,
        NewSocket = () => Edge.NewSocket(),
        Challenges = ["Basic realm=\"corp\""],
        Resolve = target => target is $"link.{EdgeDomain}:443" or $"{EdgeDomain}:443" ? EdgeForClient : throw new IOException($"{target} is unknown here."),
    });

    /// <summary>A connection into the client's network is possible before its filter is closed: what fails later, fails there.</summary>
    private async Task CheckCableAsync(IPAddress address)
    {
        using var listener = Client.NewSocket(address.AddressFamily);
        listener.Bind(new IPEndPoint(address, 8080));
        listener.Listen();
        using var outside = Edge.NewSocket(address.AddressFamily);
        await outside.ConnectAsync(new IPEndPoint(address, 8080), CancellationToken.None).AsTask().WaitAsync(Eventually.Deadline);
        using var inside = await listener.AcceptAsync(CancellationToken.None);

        // Ended by a reset, which leaves nothing to be sent from inside later.
        outside.LingerState = new LingerOption(true, 0);
        outside.Close();
        try
        {
            await inside.ReceiveAsync(new byte[1], CancellationToken.None);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    private async Task StartEdgeAsync()
    {
        var listen = new HostEndPoint(_options.WebSocketOnly ? $"{EdgeForAgents.Address}" : "0.0.0.0", 443);
        if (_options.ByCommands)
        {
            await AdministerAsync("init", "--domain", EdgeDomain, "--listen", $"{listen}");
        }
        else
        {
            await PreparedTunnel.MakeAsync(EdgeDomain, EdgeState, listen, ClientState);
        }

        EdgeProgram = await AddAsync(Task.FromResult(Edge.Start(RunningProgram.Mcptunnel, "edge", "run", "--config", Path.Combine(EdgeState, "edge.yaml"), "--json")));
        await EdgeProgram.NextLineAsync();
        if (_options.ByCommands)
        {
            await AdministerAsync("tunnels", "create", PreparedTunnel.Label);
            await AdministerAsync("tokens", "create", PreparedTunnel.Label, "--token-file", _files["token"]);
            await EnrolAsync();
            await ManageAsync("certs", "init");
            await ManageAsync("certs", "issue");
        }
    }

    private async Task StartClientAsync()
    {
        if (_options.WebSocketOnly)
        {
            await AddAsync(Task.FromResult(StartMiddlebox()));
        }

        var inside = await AddAsync(Task.FromResult(Client.Start("dotnet", PrivateNetwork.Assembly, Url.AbsoluteUri)));
        var network = JsonDocument.Parse(await inside.NextLineAsync()).RootElement;
        Token = network.GetProperty("token").GetString()!;
        var configuration = Path.Combine(ClientState, "client.yaml");
        await File.WriteAllTextAsync(configuration, $"""
            edge: https://{EdgeDomain}
            edgeCaFile: {Path.Combine(EdgeState, "edge-ca.pem")}
            {(_options.BehindProxy ? $"proxy: {{ url: 'http://{ProxyForClient}', credentialsFile: {_files["proxy-credentials"]} }}"
                : _options.ByName ? "" : $"edgeEndPoints: ['{string.Join("', '", Edges)}']")}
            stateDirectory: {ClientState}
            links: {_options.Links}
            servers:
              - name: sample
                upstream: {network.GetProperty("upstream").GetString()}
                allowedNetworks: [127.0.0.0/8]
                maxRequestBody: 32MiB
                authentication:
                  mode: jwt
                  issuer: {network.GetProperty("issuer").GetString()}
                  issuerNetworks: [127.0.0.0/8]
                  requiredScopes: ['mcp:tools']
            """);
        ClientProgram = await AddAsync(Task.FromResult(Client.Start(RunningProgram.Mcptunnel, "client", "run", "--config", configuration, "--json")));
        await ClientProgram.NextLineAsync();
    }

    /// <summary>The token and the CA of the edge are what an administrator hands over.</summary>
    private async Task EnrolAsync()
    {
        string[] way = _options.BehindProxy
            ? ["--proxy", $"http://{ProxyForClient}", "--proxy-credentials-file", _files.Write("proxy-credentials", $"{ConnectProxy.User}:{Proxy!.Password}\n")]
            : ["--connect", $"{EdgeForClient}"];

        await Client.RunAsync(
            RunningProgram.Mcptunnel,
            ["client", "enroll", "--edge", $"https://{EdgeDomain}", "--ca-file", Path.Combine(EdgeState, "edge-ca.pem"), "--token-file", _files["token"], .. way, "--state", ClientState]);
    }

    private RecordingProxy StartMiddlebox() => RecordingProxy.StartWebSocketOnly(
        () => EdgeForAgents,
        X509Certificate2.CreateFromPemFile(Path.Combine(EdgeState, "edge.pem"), Path.Combine(EdgeState, "edge.key")),
        X509Certificate2.CreateFromPemFile(Path.Combine(ClientState, "link.pem"), Path.Combine(ClientState, "link.key")),
        EdgeForClient,
        () => Edge.NewSocket());

    private Task<string> AdministerAsync(params string[] arguments) => Edge.RunAsync(RunningProgram.Mcptunnel, ["edge", .. arguments, "--state", EdgeState]);

    private Task<string> ManageAsync(params string[] arguments) => Client.RunAsync(RunningProgram.Mcptunnel, [.. arguments, "--state", ClientState]);

    private async Task<T> AddAsync<T>(Task<T> start)
        where T : IAsyncDisposable
    {
        var part = await start;
        _parts.Push(part);
        return part;
    }
}
