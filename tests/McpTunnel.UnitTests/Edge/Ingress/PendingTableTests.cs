using McpTunnel.Edge.Ingress.Admission;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class PendingTableTests
{
    [Test]
    public void TryAdd_at_the_limit_drops_nobody_and_one_more_drops_the_oldest_silent_one()
    {
        var table = new PendingTable(3);
        var connections = Fill(table, 3);
        Assert.That(connections.Select(connection => connection.Drops), Is.All.Zero);

        Assert.That(table.TryAdd(new Connection()), Is.True);

        Assert.That(connections.Select(connection => connection.Drops), Is.EqualTo(new[] { 1, 0, 0 }));
        Assert.That(table.Count, Is.EqualTo(3));
        Assert.That(table.TryMove(connections[0], PendingStage.Dispatching), Is.False, "It is out, and learns so.");
    }

    [TestCase(nameof(PendingStage.Refused), nameof(PendingStage.Silent))]
    [TestCase(nameof(PendingStage.Refused), nameof(PendingStage.Speaking))]
    [TestCase(nameof(PendingStage.Silent), nameof(PendingStage.Speaking))]
    [TestCase(nameof(PendingStage.Silent), nameof(PendingStage.Dispatching))]
    [TestCase(nameof(PendingStage.Speaking), nameof(PendingStage.Dispatching))]
    public void TryAdd_full_table_drops_the_one_least_worth_though_the_other_is_older(string worse, string better)
    {
        var table = new PendingTable(2);
        var connections = Fill(table, 2);
        Assert.That(table.TryMove(connections[0], Enum.Parse<PendingStage>(better)), Is.True);
        Assert.That(table.TryMove(connections[1], Enum.Parse<PendingStage>(worse)), Is.True);

        Assert.That(table.TryAdd(new Connection()), Is.True);

        Assert.That(connections.Select(connection => connection.Drops), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void TryAdd_table_full_of_connections_being_dispatched_takes_no_more_until_one_is_through()
    {
        var table = new PendingTable(2);
        var connections = Fill(table, 2);
        Array.ForEach(connections, connection => table.TryMove(connection, PendingStage.Dispatching));

        Assert.That(table.TryAdd(new Connection()), Is.False);
        table.Remove(connections[0]);

        Assert.That(table.TryAdd(new Connection()), Is.True);
        Assert.That(connections.Select(connection => connection.Drops), Is.All.Zero);
    }

    [Test]
    public void Remove_twice_or_after_a_drop_counts_once()
    {
        var table = new PendingTable(2);
        var connections = Fill(table, 3);
        table.Remove(connections[0]);
        table.Remove(connections[1]);
        table.Remove(connections[1]);

        Assert.That(table.Count, Is.EqualTo(1));
    }

    [Test]
    public void Any_order_of_steps_keeps_the_count_and_drops_each_at_most_once()
    {
        const int Limit = 10;
        var random = new Random(20261123);
        var table = new PendingTable(Limit);
        var inside = new List<Connection>();
        for (var i = 0; i < 20_000; i++)
        {
            var one = inside.Count == 0 ? null : inside[random.Next(inside.Count)];
            switch (random.Next(4))
            {
                case 0 when one is not null:
                    table.Remove(one);
                    inside.Remove(one);
                    break;
                case 1 when one is not null:
                    Assert.That(table.TryMove(one, (PendingStage)random.Next(4)), Is.True);
                    break;
                default:
                    var added = new Connection();
                    if (table.TryAdd(added))
                    {
                        inside.Add(added);
                    }

                    inside.RemoveAll(connection => connection.Drops == 1);
                    break;
            }

            Assert.That(table.Count, Is.EqualTo(inside.Count).And.LessThanOrEqualTo(Limit));
            Assert.That(inside.TrueForAll(connection => connection.Drops == 0));
        }
    }

    private static Connection[] Fill(PendingTable table, int count)
    {
        var connections = Enumerable.Range(0, count).Select(_ => new Connection()).ToArray();
        Array.ForEach(connections, connection => table.TryAdd(connection));
        return connections;
    }

    private sealed class Connection : PendingConnection
    {
        public int Drops { get; private set; }

        protected internal override void OnDropped() => Drops++;

        protected internal override void OnDeadline()
        {
        }
    }
}
