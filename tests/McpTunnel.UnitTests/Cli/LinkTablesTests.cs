using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.ClientCommands;
using McpTunnel.Cli.EdgeCommands;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.SelfCalls;
using NUnit.Framework;
using Spectre.Console;

namespace McpTunnel.UnitTests.Cli;

/// <summary>What a person sees of links, at either side.</summary>
public sealed class LinkTablesTests
{
    /// <summary>As wide as a terminal that people really have.</summary>
    private const int Width = 120;

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Client_status_shows_each_link_with_its_age_and_what_went_wrong_the_last_time()
    {
        var lines = Print(StatusPrinter.Print, Status(
            Up(0) with { LastError = "peer_dead: Nothing received for 14.0 s.", LastErrorAgeSeconds = 190 },
            Up(1) with { Leaving = 1, LeavingStreams = 3, StalledSeconds = 12.34, StalledStreams = 2 },
            new LinkSlotStatus(2, LinkSlotState.Waiting, Now, null, null, null, 0, 0, null, null, 0, 0, 7, "Nothing answers.", Now.AddSeconds(20)) { AgeSeconds = 4, LastErrorAgeSeconds = 4 },
            new LinkSlotStatus(3, LinkSlotState.Connecting, Now, null, null, null, 0, 0, null, null, 0, 0, 8, "Nothing answers.", null) { AgeSeconds = 6, LastErrorAgeSeconds = 9, Dialling = "192.0.2.1:443 over tls" }));

        Assert.Multiple(() =>
        {
            Assert.That(Words(lines, "0 "), Is.EqualTo("0 up 2h05m lnk_abcdefghijklmnop quic edge-1 1s 21ms 40 1.5G/34M -"));
            Assert.That(Words(lines, "1 "), Is.EqualTo("1 up 2h05m lnk_abcdefghijklmnop quic edge-1 1s 21ms 40 +3 1.5G/34M 12.3s (2)"));
            Assert.That(Words(lines, "2 "), Is.EqualTo("2 waiting 4s - - - - - 0 0B/0B -"));
            Assert.That(lines, Does.Contain("link 0: 3 dials, the last error 3m10s ago: peer_dead: Nothing received for 14.0 s."));
            Assert.That(lines, Does.Contain("link 1: 3 streams finish on 1 earlier link"));
            Assert.That(lines, Does.Contain("link 2: next dial 2026-03-01 12:00:20Z; 7 dials, the last error 4s ago: Nothing answers."));
            Assert.That(lines, Does.Contain("link 3: dialling 192.0.2.1:443 over tls; 8 dials, the last error 9s ago: as link 2"));
            Assert.That(lines, Does.Contain("client            mcptunnel/1.2.3 (commit 0123456789ab), instance ins_00000000000000aa, since 2026-03-01 12:00:00Z"));
            Assert.That(lines, Does.Contain("links             2 of 4 up: 2 at edge-1"));
            Assert.That(lines, Does.Contain("proxy             http://proxy.test:3128, which the configuration names"));
            Assert.That(lines, Does.Contain("quic              not used: UDP passes no HTTP proxy."));
            Assert.That(lines, Does.Contain("carrier           quic since 2026-03-01 12:00:00Z: the first choice"));
            Assert.That(lines.Where(line => line.StartsWith(' ')).Select(line => line.Length), Is.All.LessThanOrEqualTo(Width));
        });
    }

    [Test]
    public void Draining_link_and_a_planned_move_are_told_apart_from_errors()
    {
        const string Stops = "The edge node is stopping.";
        const string TakenOver = "A new process of the edge node has taken over.";
        var lines = Print(StatusPrinter.Print, Status(
            Up(0) with { State = LinkSlotState.Draining, AgeSeconds = 5, DrainReason = Stops, LastMove = Stops, LastMoveAgeSeconds = 5, NextAttempt = Now.AddSeconds(2), LastError = "Nothing answers.", LastErrorAgeSeconds = 1 },
            Up(1) with { LastMove = TakenOver, LastMoveAgeSeconds = 61 },
            Up(2) with { LastMove = TakenOver, LastMoveAgeSeconds = 62 }));

        Assert.Multiple(() =>
        {
            Assert.That(Words(lines, "0 "), Is.EqualTo("0 draining 5s lnk_abcdefghijklmnop quic edge-1 1s 21ms 40 1.5G/34M -"));
            Assert.That(lines, Does.Contain("link 0: takes no new streams: The edge node is stopping.; next dial 2026-03-01 12:00:02Z; 3 dials, the last error 1s ago: Nothing answers."));
            Assert.That(lines, Does.Contain("link 1: last moved 1m01s ago: A new process of the edge node has taken over."));
            Assert.That(lines, Does.Contain("link 2: last moved 1m02s ago: as link 1"));
            Assert.That(lines.Where(line => line.StartsWith(' ')).Select(line => line.Length), Is.All.LessThanOrEqualTo(Width));
        });
    }

    [Test]
    public void Earlier_link_without_streams_is_not_said_to_finish_any()
    {
        var lines = Print(StatusPrinter.Print, Status(Up(0) with { Leaving = 1, LeavingStreams = 0 }));

        Assert.That(lines, Does.Contain("link 0: 1 earlier link without streams, about to close"));
    }

    [Test]
    public void Edge_links_are_shown_by_client_process_and_those_that_leave_come_last()
    {
        var lines = Print<IReadOnlyList<LiveLink>>(LinksPrinter.Print,
        [
            Live("zeta.tunnel.example.com", "ins_00000000000000bb", 0),
            Live("acme.tunnel.example.com", "ins_00000000000000aa", 1),
            Live("acme.tunnel.example.com", "ins_00000000000000aa", 0) with { State = "draining", Generation = 1 },
            Live("acme.tunnel.example.com", "ins_00000000000000aa", 4) with { Generation = 2, StalledSeconds = 61, StalledStreams = 1 },
        ]);

        Assert.Multiple(() =>
        {
            Assert.That(lines.Where(line => line.Contains("instance", StringComparison.Ordinal)), Is.EqualTo(new[]
            {
                "acme.tunnel.example.com (tnl_aaaaaaaaaaaaaaaa): instance ins_00000000000000aa, mcptunnel/1.2.3, from 203.0.113.77",
                "zeta.tunnel.example.com (tnl_aaaaaaaaaaaaaaaa): instance ins_00000000000000bb, mcptunnel/1.2.3, from 203.0.113.77",
            }));
            Assert.That(lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Where(line => line.Contains("lnk_", StringComparison.Ordinal)), Is.EqualTo(new[]
            {
                "1 lnk_abcdefghijklmnop active websocket edge-frankfurt-1 12d03h 4s 0.4ms 12 512B/1.0K -",
                "4 lnk_abcdefghijklmnop active websocket edge-frankfurt-1 12d03h 4s 0.4ms 12 512B/1.0K 1m01s (1)",
                "0 lnk_abcdefghijklmnop draining websocket edge-frankfurt-1 12d03h 4s 0.4ms 12 512B/1.0K -",
                "0 lnk_abcdefghijklmnop active websocket edge-frankfurt-1 12d03h 4s 0.4ms 12 512B/1.0K -",
            }));
            Assert.That(lines, Does.Contain("4 links, 1 draining; 48 streams, 12 on draining links"));
            Assert.That(lines.Select(line => line.Length), Is.All.LessThanOrEqualTo(Width));
        });
    }

    [Test]
    public void Links_of_an_edge_of_an_earlier_version_are_shown_without_what_it_does_not_say()
    {
        var old = Live("acme.tunnel.example.com", "ins_00000000000000aa", 0) with { AgeSeconds = null, SilentSeconds = null, StalledSeconds = null, StalledStreams = null };

        Assert.That(Words(Print<IReadOnlyList<LiveLink>>(LinksPrinter.Print, [old]), "0 "), Is.EqualTo("0 lnk_abcdefghijklmnop active websocket edge-frankfurt-1 - - 0.4ms 12 512B/1.0K -"));
    }

    [TestCase(0, "came through, last 2026-03-01 12:00:00Z in 12 ms", TestName = "Own_calls_of_a_client_without_a_link_are_told_without_a_share")]
    [TestCase(2, "come through, last 2026-03-01 12:00:00Z in 12 ms; through 1 of 2 links so far", TestName = "Own_calls_are_told_with_the_links_that_are_up")]
    public void OwnCalls(int up, string expected)
    {
        var status = Status([.. Enumerable.Range(0, up).Select(Up)]);
        var called = status with { Readiness = status.Readiness with { SelfCall = new SelfCallReport(SelfCallState.Good, Now, 12, 1, null, null) } };

        Assert.That(Print(StatusPrinter.Print, called), Does.Contain($"own calls         {expected}"));
    }

    private static List<string> Print<T>(Action<IAnsiConsole, T> print, T value)
    {
        using var output = new StringWriter();
        print(Terminal.Ansi(output, isTerminal: false), value);
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }

    /// <summary>The row that begins with <paramref name="start"/>, its columns parted by one space.</summary>
    private static string Words(List<string> lines, string start) =>
        string.Join(' ', lines.Single(line => line.TrimStart().StartsWith(start, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static LinkSlotStatus Up(int index) => new(
        index, LinkSlotState.Up, Now, "lnk_abcdefghijklmnop", "edge-1", "quic", 40, 0, 21.3, Now, 1_600_000_000, 35_900_000, 3, null, null)
    { AgeSeconds = 7500, SilentSeconds = 1 };

    private static ClientStatus Status(params LinkSlotStatus[] links) => new(
        "mcptunnel/1.2.3", "tnl_aaaaaaaaaaaaaaaa", "acme.tunnel.example.com", "ins_00000000000000aa", Now, new Readiness(true, [], []) { Links = LinkReport.Of(links) }, null,
        new CarrierReport("quic", "the first choice", Now, null, []), links, null, [])
    {
        Commit = "0123456789ab",
        Proxy = "http://proxy.test:3128, which the configuration names",
        NoQuic = "UDP passes no HTTP proxy.",
    };

    private static LiveLink Live(string domain, string instance, int index) => new(
        "lnk_abcdefghijklmnop", "tnl_aaaaaaaaaaaaaaaa", domain, "edge-frankfurt-1", instance, index, 1, "active", "websocket", "203.0.113.77", "mcptunnel/1.2.3", ["docs"],
        Now, Now, 0.42, 12, 512, 1000, AgeSeconds: 1_047_600, SilentSeconds: 4, StalledSeconds: 0, StalledStreams: 0);
}
