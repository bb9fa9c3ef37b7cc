using System.Net;
using McpTunnel.Client.Linking;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Transport.Reconnecting;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>
/// 2,000 clients that lose their edge at one moment, each with the waits of a link of its own, and the edge's limits in front of them. Nothing but waits takes time. What is random has a seed.
/// </summary>
public sealed class FleetArrivalTests
{
    private const int Clients = 2_000;

    private const int Restarts = 20;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkSupervisorOptions Waits = new();

    [TestCase(3, 0.4)]
    [TestCase(10, 0.25)]
    [TestCase(60, 0.1)]
    public void F26_2_000_clients_come_back_spread_over_time_and_all_within_the_cap(int secondsAway, double mostInSecond)
    {
        var away = TimeSpan.FromSeconds(secondsAway);

        var arrivals = Arrivals(away, seed: 26, _ => true);

        TestContext.Out.WriteLine($"At most {(double)Most(arrivals) / Clients:0.000} of all in one second, the last after {(arrivals[^1] - away).TotalSeconds:0.0} s.");
        Assert.That(Most(arrivals), Is.LessThan(mostInSecond * Clients));
        Assert.That(arrivals[^1] - away, Is.LessThanOrEqualTo(Waits.LongestWait));
    }

    [TestCase(1_000, 100, 120, Description = "As an edge is by default.")]
    [TestCase(100, 20, 300, Description = "An edge that needs longer for all of them than they wait.")]
    public void F26_2_000_clients_behind_one_address_are_all_admitted_in_the_end_and_at_the_rate_that_is_allowed(int burst, int perSecond, int seconds)
    {
        var away = TimeSpan.FromSeconds(3);
        var last = new List<double>();
        for (var restart = 0; restart < Restarts; restart++)
        {
            var time = new FakeTimeProvider();
            var admission = new AdmissionControl(new EdgeLimitOptions { HandshakeBurst = burst, HandshakesPerSecond = perSecond }.Admission(), time);
            var refused = 0;

            var arrivals = Arrivals(away, seed: restart, at =>
            {
                time.SetUtcNow(time.Start + at);
                if (admission.TryAdmit(IPAddress.Loopback, out var origin) is not null)
                {
                    refused++;
                    return false;
                }

                admission.ReleasePending(origin);
                return true;
            });

            last.Add((arrivals[^1] - away).TotalSeconds);
            Assert.That(refused, Is.Positive, "some have to take turns");
            Assert.That(Most(arrivals), Is.LessThanOrEqualTo(burst + perSecond));
            Assert.That(last[^1], Is.LessThanOrEqualTo(seconds));
        }

        TestContext.Out.WriteLine($"The last is back after {last.Average():0} s on average and {last.Max():0} s at worst, of {Restarts} restarts.");
    }

    /// <summary>When each client is back, counted from the loss; in order.</summary>
    private static List<TimeSpan> Arrivals(TimeSpan away, int seed, Func<TimeSpan, bool> isAdmitted)
    {
#pragma warning disable CA5394 // Chance that can be repeated is what is wanted.
        var chance = new Random(seed);
        var dials = new PriorityQueue<FullJitterBackoff, TimeSpan>();
        for (var i = 0; i < Clients; i++)
        {
            var waits = new FullJitterBackoff(Waits.FirstWait, Waits.LongestWait, chance.NextDouble);
            dials.Enqueue(waits, waits.Next());
        }
#pragma warning restore CA5394

        var arrivals = new List<TimeSpan>();
        while (dials.TryDequeue(out var waits, out var at))
        {
            Assert.That(at, Is.LessThan(TimeSpan.FromHours(1)), "nobody is kept out for ever");
            if (at >= away && isAdmitted(at))
            {
                arrivals.Add(at);
            }
            else
            {
                dials.Enqueue(waits, at + waits.Next());
            }
        }

        return arrivals;
    }

    /// <summary>The most that came within any second.</summary>
    private static int Most(List<TimeSpan> arrivals)
    {
        var (most, first) = (0, 0);
        for (var i = 0; i < arrivals.Count; i++)
        {
            while (arrivals[i] - arrivals[first] >= Second)
            {
                first++;
            }

            most = Math.Max(most, i - first + 1);
        }

        return most;
    }
}
