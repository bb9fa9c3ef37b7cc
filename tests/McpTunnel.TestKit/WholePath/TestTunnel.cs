using System.Globalization;
using System.Text;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Control;
using McpTunnel.TestKit.Network;

namespace McpTunnel.TestKit.WholePath;

/// <summary>One tunnel of a <see cref="TunnelFixture"/>: enrolled for real, its client running from files.</summary>
public sealed class TestTunnel : IAsyncDisposable
{
    private readonly TunnelFixture _fixture;
    private readonly TunnelFixtureOptions _options;
    private TunnelClient? _client;

    internal TestTunnel(TunnelFixture fixture, string label, string directory, TunnelFixtureOptions options)
    {
        _fixture = fixture;
        _options = options;
        Label = label;
        StateDirectory = directory;
    }

    public string Label { get; }

    /// <summary>The tunnel's id.</summary>
    public string Id { get; private set; } = "";

    public string Domain { get; private set; } = "";

    public string StateDirectory { get; }

    public string ConfigurationFile => Path.Combine(StateDirectory, "client.yaml");

    public string CaFile => Path.Combine(StateDirectory, CertsGroup.CaCertificate);

    /// <summary>The running client.</summary>
    public TunnelClient Client => _client ?? throw new InvalidOperationException("The client is stopped.");

    /// <summary>The wire between client and edge, opened: what the edge sees of a link after it has ended the outer TLS.</summary>
    public RecordingProxy? LinkWire { get; private set; }

    /// <summary>Everything that the client logged.</summary>
    public LogRecord Log { get; } = new();

    /// <summary>The public URL of a server.</summary>
    public Uri UrlOf(string server, string path = "/mcp") => new UriBuilder(Uri.UriSchemeHttps, $"{server}.{Domain}", _fixture.Edge.Edge.Port, path).Uri;

    /// <summary>Writes the configuration; a running client takes it over by itself.</summary>
    public async Task ConfigureAsync(params TestServer[] servers)
    {
        var text = Yaml(servers);
        await AtomicFiles.WriteAsync(ConfigurationFile, text, FileProtection.Public, CancellationToken.None);
    }

    /// <summary>Starts the client and waits until its links are up.</summary>
    public async Task StartAsync()
    {
        var settings = new TunnelClientSettings { Loggers = Log.Factory, Environment = new Dictionary<string, string>() };
        _client = await TunnelClient.StartAsync(ConfigurationFile, _options.ClientSettings(settings), CancellationToken.None);
        await WaitForLinksAsync();
    }

    /// <summary>Starts a second instance of the client beside this one, from a copy of its files; returns when its links are up.</summary>
    /// <param name="directory">Where the copy is to be.</param>
    /// <param name="change">Changes the copy's configuration.</param>
    public async Task<TunnelClient> StartAnotherAsync(string directory, Func<string, string>? change = null)
    {
        Certificates.Files.StateDirectory.Ensure(directory);
        foreach (var file in Directory.EnumerateFiles(StateDirectory).Where(file => Path.GetExtension(file) != ".lock"))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        var configuration = (await File.ReadAllTextAsync(ConfigurationFile)).Replace(StateDirectory, directory, StringComparison.Ordinal);
        var copy = Path.Combine(directory, Path.GetFileName(ConfigurationFile));
        await File.WriteAllTextAsync(copy, change?.Invoke(configuration) ?? configuration);
        var client = await TunnelClient.StartAsync(copy, new TunnelClientSettings { Loggers = Log.Factory, Environment = new Dictionary<string, string>() }, CancellationToken.None);
        await WaitForLinksAsync(client, $"all links of another instance of {Label} up");
        return client;
    }

    /// <summary>Waits until all links are up.</summary>
    public Task WaitForLinksAsync() => WaitForLinksAsync(Client, $"all links of {Label} up");

    /// <summary>Stops the client: in order with a grace, on the spot without.</summary>
    public async Task StopAsync(TimeSpan? grace = null)
    {
        if (_client is { } client)
        {
            await client.StopAsync(grace ?? TimeSpan.Zero);
            await client.DisposeAsync();
            _client = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (LinkWire is not null)
        {
            await LinkWire.DisposeAsync();
        }

        Log.Dispose();
    }

    /// <summary>What administrator and operator do once: tunnel, token, enrolment, server certificate.</summary>
    internal async Task SetUpAsync(bool recordLink)
    {
        StateDirectoryEnsure();
        using var api = new EdgeApi(_fixture.Edge.Connection, _fixture.Edge.AdminKey);
        var administration = new EdgeAdministration(api);
        var tunnel = await administration.CreateTunnelAsync(Label, CancellationToken.None);
        (Id, Domain) = (tunnel.Id, tunnel.Domain);
        var issued = await administration.IssueTokenAsync(Id, null, null, CancellationToken.None);
        await EnrolAsync(issued.Token);
        await ServerFiles.InitAsync(StateDirectory, Domain, [], Validity.Server, TimeProvider.System, CancellationToken.None);
        if (recordLink || _options.WebSocketOnly)
        {
            var (edge, link) = (await LoadAsync(_fixture.EdgeDirectory, "edge"), await LoadAsync(StateDirectory, "link"));
            LinkWire = _options.WebSocketOnly
                ? RecordingProxy.StartWebSocketOnly(() => _fixture.Edge.EndPoint, edge, link)
                : RecordingProxy.StartInsideTls(() => _fixture.Edge.EndPoint, edge, link);
        }
    }

    internal Task EnrolAsync(Secret token) => EdgeEnrolment.EnrolAsync(_fixture.Edge.Connection, token, StateDirectory, CancellationToken.None);

    private static Task WaitForLinksAsync(TunnelClient client, string what) =>
        Eventually.ThatAsync(() => client.Status.Links.All(link => link.State == LinkSlotState.Up), what);

    private void StateDirectoryEnsure() => Certificates.Files.StateDirectory.Ensure(StateDirectory);

    private static async Task<System.Security.Cryptography.X509Certificates.X509Certificate2> LoadAsync(string directory, string name)
    {
        using var pair = await KeyedCertificate.LoadAsync(Path.Combine(directory, name + ".pem"), Path.Combine(directory, name + ".key"), CancellationToken.None);
        return pair.ToCertificate();
    }

    private static string Lines(IReadOnlyList<string> lines, string indent) => string.Concat(lines.Select(line => $"\n{indent}{line}"));

    private string Yaml(TestServer[] servers)
    {
        var yaml = new StringBuilder();
        var edge = LinkWire?.EndPoint ?? _fixture.Edge.EndPoint;
        yaml.Append(CultureInfo.InvariantCulture, $"""
            edge: {_fixture.Edge.Url.GetLeftPart(UriPartial.Authority)}
            edgeCaFile: {_fixture.Edge.State.EdgeCaFile}
            edgeEndPoints: [{edge}]
            stateDirectory: {StateDirectory}
            links:
              count: {_options.Links}{(_options.SelfCalls ? "" : "\n  selfCallEvery: 0s")}{Lines(_options.LinksYaml, "  ")}{Lines(_options.ClientYaml, "")}
            management:
              listen: 127.0.0.1:0
            servers:

            """);
        foreach (var server in servers)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - name: {server.Name}\n");
            yaml.Append(CultureInfo.InvariantCulture, $"    upstream: {server.Upstream ?? _fixture.Sample.Url}\n");
            yaml.Append("    allowedNetworks: [127.0.0.0/8]\n");
            foreach (var line in server.Yaml)
            {
                yaml.Append(CultureInfo.InvariantCulture, $"    {line}\n");
            }

            yaml.Append("    authentication:\n");
            yaml.Append(server.NeedsToken
                ? $"      mode: jwt\n      issuer: {_fixture.Issuer.Issuer}\n      issuerNetworks: [127.0.0.0/8]\n      requiredScopes: [{string.Join(", ", server.RequiredScopes.Select(scope => $"'{scope}'"))}]\n"
                : "      mode: none\n");
        }

        return servers.Length == 0 ? yaml.ToString().Replace("servers:\n", "servers: []\n", StringComparison.Ordinal) : yaml.ToString();
    }
}
