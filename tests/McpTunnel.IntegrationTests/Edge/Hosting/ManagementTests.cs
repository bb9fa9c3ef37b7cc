using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Health;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>Health and metrics of a running edge.</summary>
[CancelAfter(60_000)]
public sealed class ManagementTests
{
    [Test]
    public async Task Management_serves_health_and_metrics_and_no_api(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();
        using var client = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };

        var ready = await client.GetFromJsonAsync<JsonElement>("readyz", cancellationToken);
        var metrics = await client.GetStringAsync("metrics", cancellationToken);
        using var health = await client.GetAsync("healthz", cancellationToken);
        using var api = await client.GetAsync("v1/openapi.json", cancellationToken);

        Assert.That(ready.GetProperty("ready").GetBoolean(), Is.True);
        Assert.That(
            ready.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()),
            Is.EquivalentTo(new[] { "listener", "quic", "certificate", "registry", "draining" }));
        Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(api.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(metrics, Does.Match("""(?m)^mcptunnel_edge_links\{[^}]*carrier="tls"[^}]*state="active"[^}]*\} [1-9]"""));
        Assert.That(metrics, Does.Match("""(?m)^mcptunnel_edge_connections_total\{[^}]*outcome="own_name"[^}]*\} [1-9]"""));
    }

    [Test]
    public async Task Domain_that_the_certificate_does_not_name_is_not_ready(CancellationToken cancellationToken)
    {
        using var directory = new ScratchDirectory();
        await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = "before.example.com", StateDirectory = directory["state"] }, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var options = new EdgeOptions
        {
            Domain = "after.example.com",
            Listen = [new HostEndPoint("127.0.0.1", 0)],
            Management = new HostEndPoint("127.0.0.1", 0),
            State = directory["state"],
        };
        await using var edge = await TunnelEdge.StartAsync(options, NullLoggerFactory.Instance, cancellationToken: cancellationToken);
        using var client = new HttpClient { BaseAddress = edge.ManagementUrl };

        using var response = await client.GetAsync("readyz", cancellationToken);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsStringAsync(cancellationToken), Does.Contain("is not for after.example.com and link.after.example.com"));
    }

    [Test]
    public async Task Registry_that_cannot_be_written_is_not_ready_until_a_change_succeeds(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var admin = edge.CreateHttpClient(asAdmin: true);
        using var management = new HttpClient { BaseAddress = edge.Edge.ManagementUrl };
        Assert.That((await management.GetAsync("readyz", cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        // Reads go on and the audit entry of a change does not: as on a disk that became full.
        await AlterRegistryAsync(edge, "ALTER TABLE admin_audit RENAME TO elsewhere");
        using var failed = await admin.PostAsync("v1/tunnels", new StringContent("""{"label":"later"}""", null, "application/json"), cancellationToken);
        using var unready = await management.GetAsync("readyz", cancellationToken);
        await AlterRegistryAsync(edge, "ALTER TABLE elsewhere RENAME TO admin_audit");
        using var made = await admin.PostAsync("v1/tunnels", new StringContent("""{"label":"later"}""", null, "application/json"), cancellationToken);
        using var ready = await management.GetAsync("readyz", cancellationToken);

        Assert.That((int)failed.StatusCode, Is.GreaterThanOrEqualTo(500));
        Assert.That(unready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await unready.Content.ReadAsStringAsync(cancellationToken), Does.Contain("The registry cannot be written: "));
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase(1024 * 1024, null)]
    [TestCase((1024 * 1024) - 1, "the disk is full.")]
    public async Task RegistryCheck_sees_a_full_disk_before_a_change_fails(long free, string? problem)
    {
        await using var edge = await EdgeFixture.StartAsync();
        var services = edge.Edge.Services;
        var check = new RegistryCheck(services.GetRequiredService<EdgeResources>(), services.GetRequiredService<EdgeOptions>()) { FreeSpace = () => free };

        Assert.That(await check.FindProblemAsync(CancellationToken.None), problem is null ? Is.Null : Does.Contain(problem));
    }

    private static async Task AlterRegistryAsync(EdgeFixture edge, string statement)
    {
        var file = EdgePaths.Registry(edge.Edge.Services.GetRequiredService<EdgeOptions>());
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }
}
