using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Authorities;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Storage;
using McpTunnel.Registry.Tunnels;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Registry;

/// <summary>The edge's durable store, opened. One process at a time; thread-safe.</summary>
public sealed class EdgeRegistry : IAsyncDisposable
{
    /// <summary>A migration takes a second; the one who holds the lock longer is gone. EF Core by itself waits for ever.</summary>
    private static readonly TimeSpan MigrationPatience = TimeSpan.FromMinutes(1);

    private readonly RegistryDatabase _database;
    private readonly SqliteConnection? _pooled;

    private EdgeRegistry(RegistryDatabase database, TunnelStore tunnels, SqliteConnection? pooled)
    {
        _database = database;
        _pooled = pooled;
        Tunnels = tunnels;
        Credentials = new CredentialStore(database);
        Authorities = new AuthorityStore(database);
        Administration = new AdminStore(database);
    }

    public ITunnelRegistry Tunnels { get; }

    public ICredentialRegistry Credentials { get; }

    public IAuthorityRegistry Authorities { get; }

    public IAdminRegistry Administration { get; }

    /// <summary>Why the last change could not be saved, such as a full disk; null when it was, or none was tried yet.</summary>
    public string? WriteProblem => _database.WriteProblem;

    /// <summary>Opens the SQLite file, making it if it is missing and bringing its tables up to date.</summary>
    /// <exception cref="SqliteException">The file is not a database, or cannot be opened.</exception>
    /// <exception cref="RegistryException">Somebody else is bringing the tables up to date, and does not come to an end.</exception>
    public static async Task<EdgeRegistry> OpenAsync(
        RegistryOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        CreateFile(options.DatabaseFile);
        var connectionString = SqliteSettings.ConnectionString(options);
        var contextOptions = Common(loggerFactory).UseSqlite(connectionString).AddInterceptors(new SqliteSettings(options.BusyTimeout));
        return await OpenAsync(contextOptions.Options, new SqliteConnection(connectionString), timeProvider, loggerFactory, cancellationToken);
    }

    /// <summary>For tests: a database in memory, on a connection that they keep.</summary>
    internal static Task<EdgeRegistry> OpenAsync(
        SqliteConnection connection, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken) =>
        OpenAsync(Common(loggerFactory).UseSqlite(connection).Options, pooled: null, timeProvider, loggerFactory, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        if (_pooled is not null)
        {
            // Pooled connections hold the file open, and with it the write-ahead log.
            SqliteConnection.ClearPool(_pooled);
            return _pooled.DisposeAsync();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>One line for each statement is for who looks for it.</summary>
    private static DbContextOptionsBuilder<RegistryContext> Common(ILoggerFactory loggerFactory) =>
        new DbContextOptionsBuilder<RegistryContext>()
            .UseLoggerFactory(loggerFactory)
            .ConfigureWarnings(warnings => warnings.Log((RelationalEventId.CommandExecuted, LogLevel.Debug)));

    private static async Task<EdgeRegistry> OpenAsync(
        DbContextOptions<RegistryContext> options,
        SqliteConnection? pooled,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        CancellationToken cancellationToken)
    {
        var contexts = new PooledDbContextFactory<RegistryContext>(options);
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var unknown = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).Except(context.Database.GetMigrations()).ToList();
            if (unknown.Count > 0)
            {
                // What a newer version keeps there, perhaps a reason to refuse somebody, this one would not see.
                throw new InvalidDataException($"It was written by a newer version ({unknown[^1]}). Run that version, or restore the backup from before the upgrade.");
            }

            await MigrateAsync(context, timeProvider, loggerFactory.CreateLogger<EdgeRegistry>(), cancellationToken);
        }

        var database = new RegistryDatabase(contexts, timeProvider);
        var tunnels = new TunnelStore(database);
        await tunnels.LoadAsync(cancellationToken);
        return new EdgeRegistry(database, tunnels, pooled);
    }

    private static async Task MigrateAsync(
        RegistryContext context, TimeProvider timeProvider, ILogger logger, CancellationToken cancellationToken)
    {
        var pending = (await context.Database.GetPendingMigrationsAsync(cancellationToken)).ToList();
        if (pending.Count == 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(MigrationPatience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await context.Database.MigrateAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryException(
                RegistryFault.Locked,
                "The registry's tables are locked by somebody who brings them up to date, or who died while doing so. If no other edge uses this file, restore it from a backup, or run: sqlite3 registry.db 'DROP TABLE __EFMigrationsLock'");
        }

        logger.Migrated(pending.Count, pending[^1]);
    }

    private static void CreateFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        // SQLite gives its log files the permissions of this one.
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
    }
}
