using McpTunnel.Registry;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.UnitTests.Registry;

/// <summary>A registry in memory, on a clock that the test moves.</summary>
internal sealed class MemoryRegistry : IAsyncDisposable
{
    private readonly SqliteConnection _connection;

    private MemoryRegistry(SqliteConnection connection, FakeTimeProvider time, EdgeRegistry registry)
    {
        _connection = connection;
        Time = time;
        Registry = registry;
    }

    public FakeTimeProvider Time { get; }

    public EdgeRegistry Registry { get; }

    public static async Task<MemoryRegistry> OpenAsync()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var connection = new SqliteConnection("Data Source=:memory:;Foreign Keys=True");
        await connection.OpenAsync();
        return new MemoryRegistry(
            connection, time, await EdgeRegistry.OpenAsync(connection, time, NullLoggerFactory.Instance, CancellationToken.None));
    }

    /// <summary>A second registry on the same data, as after a restart.</summary>
    public Task<EdgeRegistry> ReopenAsync() =>
        EdgeRegistry.OpenAsync(_connection, Time, NullLoggerFactory.Instance, CancellationToken.None);

    public void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
