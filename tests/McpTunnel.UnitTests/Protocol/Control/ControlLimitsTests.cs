using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Control;

/// <summary>Each bound at its limit and one beyond, for the writer; the reader applies the same rules.</summary>
public sealed class ControlLimitsTests
{
    private static readonly HelloMessage Hello = ControlSamples.Hello;
    private static readonly WelcomeMessage Welcome = ControlSamples.Welcome;

    private static IEnumerable<TestCaseData> Bounds()
    {
        yield return Bound("identifier", ControlLimits.MaxIdentifierLength, n => Hello with { Instance = new string('i', n) });
        yield return Bound("token", ControlLimits.MaxTokenLength, n => Hello with { Token = new Secret(new string('t', n)) });
        yield return Bound("link index", ControlLimits.MaxLinkIndex, n => Hello with { LinkIndex = n });
        yield return Bound("servers", ControlLimits.MaxServers, n => new ServersMessage([.. Enumerable.Range(0, n).Select(i => new AnnouncedServer($"s{i}"))]));
        yield return Bound("server name", 63, n => new ServersMessage([new AnnouncedServer(new string('s', n))]));
        yield return Bound("other nodes", ControlLimits.MaxOtherNodes, n => Welcome with { OtherNodes = [.. Enumerable.Range(0, n).Select(i => new OtherNode($"n{i}", "a"))] });
        yield return Bound("authority", ControlLimits.MaxAuthorityLength, n => Welcome with { OtherNodes = [new OtherNode("n", new string('a', n))] });
        yield return Bound("domain", 253, n => Welcome with { Domain = string.Concat(Enumerable.Repeat("aa.", 85))[..n] });
        yield return Bound("lowest version", 1, n => Hello with { MinVersion = n });

        static TestCaseData Bound(string name, int limit, Func<int, ControlMessage> make) => new TestCaseData(limit, make).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Bounds))]
    public void ToLine_at_the_limit_is_written_and_one_beyond_is_not(int limit, Func<int, ControlMessage> make)
    {
        var line = ControlWriter.ToLine(make(limit));

        Assert.That(ControlParser.Parse(line.AsSpan(..^1)).Message, Is.Not.Null);
        Assert.That(() => ControlWriter.ToLine(make(limit + 1)), Throws.ArgumentException);
    }

    [Test]
    public void ToLine_of_the_largest_list_of_servers_fits_into_a_line()
    {
        var servers = Enumerable.Range(0, ControlLimits.MaxServers).Select(i => new AnnouncedServer($"{i:d3}" + new string('s', 60))).ToArray();

        var line = ControlWriter.ToLine(Hello with { Servers = servers });

        Assert.That(line.Length - 1, Is.LessThanOrEqualTo(ControlLimits.MaxLineLength));
    }

    [Test]
    public void ToLine_of_times_at_the_limit_is_written_and_one_millisecond_beyond_is_not()
    {
        var drain = new DrainMessage("shutdown", ControlLimits.MaxTime, TimeSpan.Zero);

        Assert.That(ControlParser.Parse(ControlWriter.ToLine(drain)).Message, Is.EqualTo(drain));
        Assert.That(() => ControlWriter.ToLine(drain with { ReconnectAfter = ControlLimits.MaxTime + TimeSpan.FromMilliseconds(1) }), Throws.ArgumentException);
    }

    [Test]
    public void ToLine_of_numbers_at_the_limit_is_written_and_one_beyond_is_not()
    {
        Assert.That(ControlParser.Parse(ControlWriter.ToLine(new PingMessage(ControlLimits.MaxNumber))).Message, Is.EqualTo(new PingMessage(ControlLimits.MaxNumber)));
        Assert.That(() => ControlWriter.ToLine(new PingMessage(ControlLimits.MaxNumber + 1)), Throws.ArgumentException);
    }

    [Test]
    public void ToLine_cuts_a_long_text_since_it_must_not_keep_a_link_from_closing()
    {
        var line = ControlWriter.ToLine(new CloseMessage("shutdown", new string('x', ControlLimits.MaxTextLength - 1) + "\U0001F600 and more"));

        var close = (CloseMessage)ControlParser.Parse(line).Message!;
        Assert.That(close.Detail, Is.EqualTo(new string('x', ControlLimits.MaxTextLength - 1)));
    }

    [Test]
    public void Parse_of_a_text_at_the_limit_is_read_and_one_beyond_is_not()
    {
        Assert.That(Parse(ControlLimits.MaxTextLength).Message, Is.Not.Null);
        Assert.That(Parse(ControlLimits.MaxTextLength + 1).Problem, Is.Not.Null);

        static ControlRead Parse(int length) =>
            ControlParser.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"type":"close","code":"x","detail":"{{new string('x', length)}}"}"""));
    }

    [Test]
    public void ToLine_of_a_keepalive_that_is_dead_before_it_asks_is_refused() =>
        Assert.That(
            () => ControlWriter.ToLine(Welcome with { Keepalive = new Keepalive(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(4)) }),
            Throws.ArgumentException.With.Message.Contains("deadAfterMs"));
}
