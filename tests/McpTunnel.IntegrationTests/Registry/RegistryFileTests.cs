using System.Runtime.Versioning;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.TestKit;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Registry;

/// <summary>The registry in a real file.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RegistryFileTests
{
    private ScratchDirectory _directory = null!;

    private string DatabaseFile => _directory["registry.db"];

    [SetUp]
    public void Make() => _directory = new ScratchDirectory();

    [TearDown]
    public void Remove() => _directory.Dispose();

    [Test]
    public async Task OpenAsync_makes_a_file_for_its_owner_alone_with_write_ahead_log_and_foreign_keys()
    {
        Requires.Linux();
        await using var registry = await OpenAsync();
        await registry.Tunnels.CreateAsync("acme", "tunnel.example.com", AdminActor.Local, CancellationToken.None);

        foreach (var file in Directory.EnumerateFiles(_directory.Path))
        {
            Assert.That(Convert.ToString((int)File.GetUnixFileMode(file), 8), Is.EqualTo("600"), file);
        }

        Assert.That(Query("PRAGMA journal_mode"), Is.EqualTo("wal"));
        var orphan = Assert.Throws<SqliteException>(() => Query("INSERT INTO tunnel_tokens (Id, TunnelId, Hash, Created) VALUES ('tok_x', 'tnl_none', 'h', 0)"));
        Assert.That(orphan!.Message, Does.Contain("FOREIGN KEY"));
    }

    [Test]
    public async Task What_was_answered_is_there_after_reopening()
    {
        TunnelToken token;
        await using (var registry = await OpenAsync())
        {
            var tunnel = await registry.Tunnels.CreateAsync("acme", "tunnel.example.com", AdminActor.Local, CancellationToken.None);
            token = (await registry.Credentials.IssueTokenAsync(tunnel.Id, null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None)).Token;
        }

        await using var reopened = await OpenAsync();
        var found = await reopened.Credentials.FindCredentialsAsync(token.TunnelId, token.Hash, null, CancellationToken.None);

        Assert.That((found.Tunnel?.Label, found.Token?.Hash), Is.EqualTo(("acme", token.Hash)));
        Assert.That(reopened.Tunnels.FindByLabel("acme"), Is.EqualTo(found.Tunnel));
    }

    [Test]
    public async Task The_file_holds_no_token_and_no_admin_key()
    {
        string[] secrets;
        await using (var registry = await OpenAsync())
        {
            var tunnel = await registry.Tunnels.CreateAsync("acme", "tunnel.example.com", AdminActor.Local, CancellationToken.None);
            var issued = await registry.Credentials.IssueTokenAsync(tunnel.Id, null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);
            var admin = await registry.Administration.IssueKeyAsync("ops", AdminRole.Administrator, AdminActor.Local, CancellationToken.None);
            secrets = [issued.Token.Reveal()[21..53], admin.Key.Reveal()[4..36]];
            var during = Content();
            Assert.That(during, Does.Contain(issued.Token.Hash), "What is looked for would be found.");
            Assert.That(secrets.Where(during.Contains), Is.Empty);
        }

        var after = Content();
        Assert.That(secrets.Where(after.Contains), Is.Empty);
    }

    [Test]
    public async Task Many_writers_and_readers_at_once_all_come_through()
    {
        await using var registry = await OpenAsync();
        await using var second = await OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var tunnel = await (i % 2 == 0 ? registry : second).Tunnels.CreateAsync($"t{i}", "tunnel.example.com", AdminActor.Local, CancellationToken.None);
            var token = await registry.Credentials.IssueTokenAsync(tunnel.Id, null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);
            var found = await second.Credentials.FindCredentialsAsync(tunnel.Id, token.Token.Hash, null, CancellationToken.None);
            Assert.That(found.Token, Is.Not.Null);
        })));

        Assert.That((await registry.Tunnels.ListAsync(new PageRequest(200, null), CancellationToken.None)).Items, Has.Count.EqualTo(40));
    }

    [Test]
    public async Task A_file_that_is_no_database_is_refused()
    {
        _directory.Write("registry.db", new string('x', 4096));

        await Assert.ThrowsAsync<SqliteException>(() => OpenAsync());
    }

    [Test]
    public async Task A_lock_left_by_somebody_who_died_is_reported_instead_of_waited_for()
    {
        await using (await OpenAsync())
        {
            // As if the process had died in the middle of its first migration.
        }

        Query("DELETE FROM __EFMigrationsHistory; CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT NOT NULL); INSERT INTO __EFMigrationsLock VALUES (1, '2030-01-01')");
        var time = new FakeTimeProvider();

        var opening = OpenAsync(time);
        await Eventually.ThatAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(10));
                return opening.IsCompleted;
            },
            "the lock is given up");

        var exception = await Assert.ThrowsAsync<RegistryException>(() => opening);
        Assert.That(exception!.Fault, Is.EqualTo(RegistryFault.Locked));
    }

    private Task<EdgeRegistry> OpenAsync(TimeProvider? time = null) => EdgeRegistry.OpenAsync(
        new RegistryOptions { DatabaseFile = DatabaseFile }, time ?? TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);

    private object? Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabaseFile};Foreign Keys=True;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private string Content() => string.Concat(Directory.EnumerateFiles(_directory.Path).Select(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return System.Text.Encoding.Latin1.GetString(memory.ToArray());
    }));
}
