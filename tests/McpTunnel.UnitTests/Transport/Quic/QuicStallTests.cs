using McpTunnel.Transport;
using McpTunnel.Transport.Quic;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Quic;

public sealed class QuicStallTests
{
    [Test]
    public async Task Time_that_streams_waited_never_falls_also_where_it_is_read_while_a_wait_ends()
    {
        var time = new InterruptedTime();
        var connection = new QuicLinkConnection(null!, isEdge: true, maxInbound: 1, time);
        var (control, stream) = (new QuicLinkStream(connection, 0), new QuicLinkStream(connection, 4));
        connection.Add(control);
        connection.Add(stream);
        stream.HandingOverSince = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(1));

        var reading = Task.FromResult(default(LinkStalls));
        time.AfterNextReading = () =>
        {
            // Somebody else reads at the very moment at which the end of the wait is taken: now, or once that is entered.
            time.Advance(TimeSpan.FromSeconds(1));
            reading = Task.Run(() => connection.Stalls);
            reading.Wait(TimeSpan.FromMilliseconds(100));
        };
        connection.HandedOver(stream);
        var read = await reading;

        Assert.That(read.Time, Is.EqualTo(connection.Stalls.Time).And.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void Write_that_is_taken_at_once_is_no_stall()
    {
        var time = new FakeTimeProvider();
        var connection = new QuicLinkConnection(null!, isEdge: true, maxInbound: 1, time);
        var (control, stream) = (new QuicLinkStream(connection, 0), new QuicLinkStream(connection, 4));
        connection.Add(control);
        connection.Add(stream);
        stream.HandingOverSince = time.GetTimestamp();
        time.Advance(QuicLinkConnection.ShortestStall - TimeSpan.FromTicks(1));

        connection.HandedOver(stream);

        Assert.That((connection.Stalls, stream.HandingOverSince), Is.EqualTo((new LinkStalls(TimeSpan.Zero, 0), 0L)));
    }

    private sealed class InterruptedTime : FakeTimeProvider
    {
        public Action? AfterNextReading { get; set; }

        public override long GetTimestamp()
        {
            var now = base.GetTimestamp();
            if (AfterNextReading is { } interruption)
            {
                AfterNextReading = null;
                interruption();
            }

            return now;
        }
    }
}
