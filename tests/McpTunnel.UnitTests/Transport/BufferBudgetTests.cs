using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.Telemetry;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

/// <summary>What streams of several links hold together at a client: bytes that nobody reads, and bytes that the edge does not take.</summary>
[CancelAfter(60_000)]
[NonParallelizable] // reads meters of the whole process
public sealed class BufferBudgetTests
{
    private const int KiB = 1024;

    [Test]
    public async Task Stream_that_leaves_most_unread_is_reset_once_all_links_together_hold_more_than_the_budget(CancellationToken cancellationToken)
    {
        using var reading = new MeterReading(TransportMetrics.MeterName);
        var budget = new BufferBudget(200 * KiB);
        await using var one = await PairAsync(budget);
        await using var other = await PairAsync(budget);
        var elsewhere = await one.OpenAsync();
        var most = await other.OpenAsync();
        var less = await other.OpenAsync();

        await SendAsync(elsewhere.Edge, 80 * KiB);
        await SendAsync(most.Edge, 70 * KiB);
        await SendAsync(less.Edge, 50 * KiB);
        await Eventually.ThatAsync(() => budget.Held == 200 * KiB, "all has arrived, and is within the budget");
        var before = reading.Sum("mcptunnel.transport.streams.refused");
        await SendAsync(less.Edge, 1);

        await Assert.ThatAsync(async () => await most.Edge.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
        Assert.Multiple(() =>
        {
            Assert.That(budget.Held, Is.EqualTo((130 * KiB) + 1));
            Assert.That((elsewhere.Edge.Closed.IsCancellationRequested, less.Edge.Closed.IsCancellationRequested), Is.EqualTo((false, false)));
            Assert.That((before, reading.Sum("mcptunnel.transport.streams.refused", "stream_limit")), Is.EqualTo((0, 1)));
        });
    }

    [Test]
    public async Task Bytes_of_a_stream_that_is_reset_while_its_reader_looks_at_them_are_let_go_of_once(CancellationToken cancellationToken)
    {
        var budget = new BufferBudget(100 * KiB);
        await using var pair = await PairAsync(budget);
        var open = await pair.OpenAsync();
        await SendAsync(open.Edge, 100 * KiB);
        await Eventually.ThatAsync(() => budget.Held == 100 * KiB, "all has arrived");
        var seen = await open.Client.Input.ReadAsync(cancellationToken);
        Assert.That(seen.Buffer.Length, Is.EqualTo(100 * KiB));

        await SendAsync(open.Edge, 1);
        await StreamBytes.FiredAsync(open.Client.Closed, cancellationToken);
        open.Client.Input.AdvanceTo(seen.Buffer.End);
        await open.Client.DisposeAsync();

        Assert.That(budget.Held, Is.Zero);
    }

    [Test]
    public async Task Stream_that_holds_no_more_than_its_share_is_never_reset()
    {
        var budget = new BufferBudget(1);
        await using var pair = await PairAsync(budget);
        var open = await pair.OpenAsync();

        await SendAsync(open.Edge, BufferBudget.Share);
        await Eventually.ThatAsync(() => budget.Held == BufferBudget.Share, "all has arrived");

        Assert.That(await StreamBytes.ReadExactlyAsync(open.Client.Input, BufferBudget.Share), Has.Length.EqualTo(BufferBudget.Share));
        Assert.That(budget.Held, Is.Zero);
    }

    [Test]
    public async Task Writer_waits_while_the_budget_is_used_up_and_more_than_its_share_is_not_taken_and_then_goes_on()
    {
        const int piece = 16 * KiB;
        var budget = new BufferBudget(64 * KiB);
        await using var pair = await PairAsync(budget);
        var open = await pair.OpenAsync();

        // The edge does not read: the window takes the first 256 KiB.
        var writing = Task.CompletedTask;
        var written = 0;
        do
        {
            writing = open.Client.Output.WriteAsync(new byte[piece]).AsTask();
            written += piece;
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        }
        while (writing.IsCompleted && written < 2048 * KiB);

        Assert.That(writing.IsCompleted, Is.False);
        Assert.That(written, Is.EqualTo((256 + 64) * KiB + piece), "window, budget, and the piece that went beyond it");
        await ReadAsync(open.Edge, written);
        await Eventually.EndAsync(writing);
        await Eventually.ThatAsync(() => budget.Held == 0, "all has been taken");
    }

    [Test]
    public async Task Writer_that_waits_ends_with_its_stream()
    {
        var budget = new BufferBudget(1);
        await using var pair = await PairAsync(budget);
        var open = await pair.OpenAsync();
        var writing = open.Client.Output.WriteAsync(new byte[(256 + 100) * KiB]).AsTask();
        await Eventually.ThatAsync(() => budget.Held == 100 * KiB, "the window has taken what it may");
        Assert.That(writing.IsCompleted, Is.False);

        open.Edge.Abort();

        await Eventually.EndAsync(writing);
        Assert.That(budget.Held, Is.Zero);
    }

    [TestCase("read")]
    [TestCase("disposed")]
    [TestCase("reset by the edge")]
    [TestCase("reset here")]
    [TestCase("link lost")]
    [TestCase("never taken")]
    public async Task Nothing_is_left_of_a_stream_in_the_count(string how)
    {
        var budget = new BufferBudget(long.MaxValue);
        await using var pair = await PairAsync(budget);
        ILinkStream edge;
        ILinkStream? client = null;
        if (how == "never taken")
        {
            edge = pair.Edge.OpenStream();
        }
        else
        {
            (edge, client) = await pair.OpenAsync();
            _ = client.Output.WriteAsync(new byte[300 * KiB]).AsTask();
        }

        await SendAsync(edge, 100 * KiB);
        await Eventually.ThatAsync(() => budget.Held == (client is null ? 100 : 144) * KiB, "unread and unsent bytes are counted");
        switch (how)
        {
            case "read":
                await StreamBytes.ReadExactlyAsync(client!.Input, 100 * KiB);
                await ReadAsync(edge, 300 * KiB);
                break;
            case "disposed":
                await client!.DisposeAsync();
                break;
            case "reset by the edge":
                edge.Abort();
                await StreamBytes.FiredAsync(client!.Closed, CancellationToken.None);
                await client.DisposeAsync();
                break;
            case "reset here":
                client!.Abort();
                await client.DisposeAsync();
                break;
            default:
                await pair.Edge.CloseAsync(TunnelCode.Shutdown, "test");
                await Eventually.EndAsync(pair.Client.Closed);
                await (client?.DisposeAsync() ?? ValueTask.CompletedTask);
                break;
        }

        await Eventually.ThatAsync(() => budget.Held == 0, "nothing is held any more");
    }

    private static Task<LinkPair> PairAsync(BufferBudget budget) => LinkPair.CreateAsync(new LinkOptions { Buffers = budget });

    /// <summary>Reads so many bytes, a few at a time: all of them do not fit into the window.</summary>
    private static async Task ReadAsync(ILinkStream stream, int count)
    {
        for (var left = count; left > 0; left -= Math.Min(left, 16 * KiB))
        {
            await StreamBytes.ReadExactlyAsync(stream.Input, Math.Min(left, 16 * KiB));
        }
    }

    private static async Task SendAsync(ILinkStream stream, int count) => await stream.Output.WriteAsync(new byte[count]);
}
