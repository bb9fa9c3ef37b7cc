using System.Diagnostics.Metrics;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AcceptLoopTests
{
    private ServiceProvider _services = null!;
    private EdgeMetrics _metrics = null!;
    private MeterReading _reading = null!;
    private readonly FakeTimeProvider _time = new();

    [SetUp]
    public void CreateMetrics()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _reading = new MeterReading(_metrics.Meter);
    }

    [TearDown]
    public void DisposeMetrics()
    {
        _reading.Dispose();
        _services.Dispose();
    }

    [Test]
    public async Task RunAsync_without_descriptors_backs_off_counts_and_goes_on()
    {
        var results = new Queue<object>([
            new SocketException((int)SocketError.TooManyOpenSockets),
            new SocketException((int)SocketError.TooManyOpenSockets),
            "a connection",
        ]);
        var accepted = 0;
        var loop = Loop(results, () => accepted++).RunAsync(CancellationToken.None);

        Assert.That(accepted, Is.Zero);
        Assert.That(results, Has.Count.EqualTo(2), "The second try waits for its time.");
        await AdvanceUntilAsync(() => results.Count == 1, TimeSpan.FromMilliseconds(10));
        await AdvanceUntilAsync(() => accepted == 1, TimeSpan.FromMilliseconds(20));
        await Eventually.EndAsync(loop);

        Assert.That(_reading.Sum("mcptunnel.edge.accept.errors", "TooManyOpenSockets"), Is.EqualTo(2));
    }

    [Test]
    public async Task RunAsync_broken_connections_and_failing_handlers_do_not_stop_or_delay_it()
    {
        var results = new Queue<object>([new SocketException((int)SocketError.ConnectionAborted), new SocketException((int)SocketError.ConnectionReset), "a connection"]);
        var accepted = 0;
        await Eventually.EndAsync(Loop(results, () => accepted++).RunAsync(CancellationToken.None));

        Assert.That(accepted, Is.EqualTo(1));
    }

    [Test]
    public async Task RunAsync_handler_that_throws_is_counted_and_the_next_connection_is_taken()
    {
        var results = new Queue<object>(["a connection", "a connection"]);
        var calls = 0;
        var loop = Loop(results, () => _ = ++calls == 1 ? throw new InvalidOperationException("broken") : calls).RunAsync(CancellationToken.None);
        await AdvanceUntilAsync(() => calls == 2, TimeSpan.FromMilliseconds(10));
        await Eventually.EndAsync(loop);

        Assert.That(_reading.Sum("mcptunnel.edge.accept.errors", nameof(InvalidOperationException)), Is.EqualTo(1));
    }

    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step)
    {
        _time.Advance(step);
        await Eventually.ThatAsync(condition, "the loop goes on");
    }

    /// <summary>Ends, as after a closed socket, when there are no more results.</summary>
    private AcceptLoop Loop(Queue<object> results, Action onAccepted) => new(
        "test",
        _ => results.TryDequeue(out var result)
            ? result is Exception exception ? ValueTask.FromException<Socket>(exception) : ValueTask.FromResult<Socket>(null!)
            : ValueTask.FromException<Socket>(new ObjectDisposedException("socket")),
        _ => onAccepted(),
        _metrics,
        _time,
        NullLogger<AcceptLoop>.Instance);
}
