using System.Runtime.Versioning;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Initialization;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge;

[UnsupportedOSPlatform("windows")]
public sealed class EdgeInitializerTests
{
    private static readonly string[] Files =
        ["admin-key", "edge-ca.pem", "edge.key", "edge.pem", "edge.yaml", "registry.db", "tunnel-ca.key", "tunnel-ca.pem"];

    private ScratchDirectory _directory = null!;

    [SetUp]
    public void Make() => _directory = new ScratchDirectory();

    [TearDown]
    public void Remove() => _directory.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public async Task InitializeAsync_makes_every_file_with_its_permissions_and_nothing_else(bool directoryExists)
    {
        Requires.Linux();
        var state = _directory["state"];
        if (directoryExists)
        {
            Directory.CreateDirectory(state);
        }

        var made = await InitializeAsync(state, "Tunnel.Example.com");

        Assert.Multiple(() =>
        {
            Assert.That(made.Made, Is.True);
            Assert.That(Directory.EnumerateFileSystemEntries(state).Select(Path.GetFileName).Order(), Is.EqualTo(Files));
            Assert.That(Directory.EnumerateFileSystemEntries(_directory.Path).Select(Path.GetFileName), Is.EqualTo(["state"]));
            Assert.That(Mode(Path.Combine(state, "tunnel-ca.key")), Is.EqualTo("600"));
            Assert.That(Mode(Path.Combine(state, "edge.key")), Is.EqualTo("600"));
            Assert.That(Mode(Path.Combine(state, "admin-key")), Is.EqualTo("600"));
            Assert.That(Mode(Path.Combine(state, "registry.db")), Is.EqualTo("600"));
            Assert.That(directoryExists || Mode(state) == "700", Is.True);
        });
        var options = EdgeConfiguration.Loader().Load(made.ConfigurationFile).Require();
        Assert.That((options.Domain, options.State), Is.EqualTo(("tunnel.example.com", state)));
    }

    [Test]
    public async Task InitializeAsync_makes_a_certificate_for_the_edges_own_names_and_an_admin_key_that_works()
    {
        var made = await InitializeAsync(_directory["state"], "tunnel.example.com");

        using var pair = await KeyedCertificate.LoadAsync(
            Path.Combine(_directory["state"], "edge.pem"), Path.Combine(_directory["state"], "edge.key"), CancellationToken.None);
        foreach (var name in new[] { "tunnel.example.com", "link.tunnel.example.com", "agents.tunnel.example.com" })
        {
            Assert.That(pair.Chain[0].MatchesHostname(name, allowWildcards: true, allowCommonName: false), Is.True, name);
        }

        Assert.That(pair.Chain[0].MatchesHostname("docs.acme.tunnel.example.com"), Is.False);
        await using var registry = await OpenAsync(_directory["state"]);
        var key = await GuardedFile.ReadSecretAsync(made.AdminKeyFile, CancellationToken.None);
        Assert.That(AdminKey.TryParse(key.Reveal(), out var adminKey), Is.True);
        Assert.That((await registry.Administration.FindKeyAsync(adminKey!.Hash, CancellationToken.None))?.Role, Is.EqualTo(AdminRole.Administrator));
        Assert.That(await registry.Authorities.ListTrustedAsync(CancellationToken.None), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task InitializeAsync_again_changes_nothing()
    {
        await InitializeAsync(_directory["state"], "tunnel.example.com");
        var before = Contents();

        var again = await InitializeAsync(_directory["state"], "TUNNEL.example.com.");

        Assert.That(again.Made, Is.False);
        Assert.That(Contents(), Is.EqualTo(before));

        Dictionary<string, string> Contents() => Directory.EnumerateFiles(_directory["state"])
            .ToDictionary(file => file, file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
    }

    [Test]
    public async Task InitializeAsync_overwrites_neither_another_edge_nor_other_files()
    {
        await InitializeAsync(_directory["state"], "tunnel.example.com");
        _directory.Write("other/notes.txt", "mine");

        await Assert.ThrowsAsync<EdgeInitializationException>(() => InitializeAsync(_directory["state"], "other.example.com"));
        await Assert.ThrowsAsync<EdgeInitializationException>(() => InitializeAsync(_directory["other"], "tunnel.example.com"));

        Assert.That(Directory.EnumerateFileSystemEntries(_directory["other"]).Select(Path.GetFileName), Is.EqualTo(["notes.txt"]));
    }

    [TestCase("")]
    [TestCase("/")]
    public async Task InitializeAsync_below_a_directory_that_everybody_may_write_is_as_safe_as_elsewhere(string end)
    {
        Requires.Linux();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x3FF);
        var state = Path.Combine(_directory["not yet"], "state");

        var made = await InitializeAsync(state + end, "tunnel.example.com");

        Assert.That(Mode(state), Is.EqualTo("700"));
        Assert.That(made.ConfigurationFile, Is.EqualTo(Path.Combine(state, "edge.yaml")));
        Assert.That(Directory.EnumerateFileSystemEntries(_directory["not yet"]).Select(Path.GetFileName), Is.EqualTo(["state"]));
    }

    [Test]
    public async Task InitializeAsync_after_one_that_was_killed_starts_over()
    {
        _directory.Write("state/.init.0123abcd/tunnel-ca.key", "left behind");

        var made = await InitializeAsync(_directory["state"], "tunnel.example.com");

        _directory.Write("other/.init.0123abcd/x", "mine");
        _directory.Write("other/notes.txt", "mine");
        await Assert.ThrowsAsync<EdgeInitializationException>(() => InitializeAsync(_directory["other"], "tunnel.example.com"));

        Assert.That(made.Made, Is.True);
        Assert.That(File.Exists(_directory["other/.init.0123abcd/x"]), Is.True);
        Assert.That(Directory.EnumerateFileSystemEntries(_directory["state"]).Select(Path.GetFileName), Is.EquivalentTo(Files));
    }

    [Test]
    public async Task InitializeAsync_after_one_that_was_killed_beside_a_new_directory_removes_its_keys_and_nothing_else()
    {
        Requires.Linux();
        _directory.Write("state.0123abcd/edge.lock", "");
        _directory.Write("state.0123abcd/.tunnel-ca.key.0123456789ab.tmp", "left behind");
        _directory.Write("state.0123abcd/registry.db-wal", "left behind");
        _directory.Write("state.99999999/edge.lock", "");
        _directory.Write("state.99999999/notes.txt", "mine");
        _directory.Write("state.11111111/tunnel-ca.key", "not locked by an initialization");
        _directory.Write("state.22222222/edge.lock", "");
        _directory.Write("state.33333333/edge.lock", "");
        _directory.Write("other.0123abcd/edge.lock", "");
        foreach (var name in new[] { "state.0123abcd", "state.99999999", "state.11111111", "state.22222222", "other.0123abcd" })
        {
            File.SetUnixFileMode(_directory[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.SetUnixFileMode(_directory["state.33333333"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        using var living = StateLock.Take(_directory["state.22222222"], "edge.lock");

        await InitializeAsync(_directory["state"], "tunnel.example.com");

        Assert.That(
            Directory.EnumerateFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order(),
            Is.EqualTo(["other.0123abcd", "state", "state.11111111", "state.22222222", "state.33333333", "state.99999999"]));
    }

    [Test]
    public async Task InitializeAsync_into_a_directory_that_others_may_write_is_refused()
    {
        Requires.Linux();
        Directory.CreateDirectory(_directory["state"]);
        File.SetUnixFileMode(_directory["state"], (UnixFileMode)0x3FF);

        var refused = await Assert.ThrowsAsync<CertificateException>(() => InitializeAsync(_directory["state"], "tunnel.example.com"));

        Assert.That(refused!.Message, Does.Contain($"chmod 700 {_directory["state"]}"));
        Assert.That(Directory.EnumerateFileSystemEntries(_directory["state"]), Is.Empty);
    }

    [Test]
    public async Task InitializeAsync_that_fails_leaves_nothing()
    {
        var exception = await Assert.ThrowsAsync<CertificateException>(() => InitializeAsync(_directory["state"], "not a domain"));

        Assert.That(exception!.Fault, Is.EqualTo(CertificateFault.NameNotAllowed));
        Assert.That(Directory.EnumerateFileSystemEntries(_directory.Path), Is.Empty);
    }

    [Test]
    public async Task InitializeAsync_uses_a_given_certificate_and_refuses_one_that_does_not_fit()
    {
        using var ca = ServerCa.CreateForEdge("tunnel.example.com", TimeProvider.System);
        using var good = ca.IssueServerCertificate(["tunnel.example.com", "*.tunnel.example.com"]);
        using var narrow = ca.IssueServerCertificate(["tunnel.example.com"]);
        var goodFiles = (_directory.Write("good.pem", good.ChainPem), _directory.Write("good.key", good.Key.ExportPem()));
        var narrowFiles = (_directory.Write("narrow.pem", narrow.ChainPem), _directory.Write("narrow.key", narrow.Key.ExportPem()));

        var refused = await Assert.ThrowsAsync<EdgeInitializationException>(
            () => InitializeAsync(_directory["state"], "tunnel.example.com", narrowFiles));
        Assert.That(refused!.Message, Does.Contain("link.tunnel.example.com"));
        var made = await InitializeAsync(_directory["state"], "tunnel.example.com", goodFiles);

        Assert.That(made.EdgeCaFile, Is.Null);
        var options = EdgeConfiguration.Loader().Load(made.ConfigurationFile).Require();
        Assert.That((options.Certificate.CertificateFile, options.Certificate.KeyFile), Is.EqualTo(goodFiles));
        Assert.That(File.Exists(Path.Combine(_directory["state"], "edge.key")), Is.False);
    }

    private static Task<EdgeInitialized> InitializeAsync(string state, string domain, (string Certificate, string Key)? given = null) =>
        EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = domain, StateDirectory = state, CertificateFile = given?.Certificate, KeyFile = given?.Key },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);

    private static Task<EdgeRegistry> OpenAsync(string state) => EdgeRegistry.OpenAsync(
        new RegistryOptions { DatabaseFile = Path.Combine(state, "registry.db") }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);
}
