using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol;

/// <summary>Holds <c>docs/protocol.md</c> to the code: examples by the real readers, tables by the real constants.</summary>
public sealed partial class ProtocolDocumentTests
{
    private static readonly string Document = Repository.Read("docs/protocol.md");

    private static readonly Dictionary<string, long> Limits = new()
    {
        ["control message, without its line feed"] = ControlLimits.MaxLineLength,
        ["nesting of a control message"] = ControlLimits.MaxDepth,
        ["id"] = ControlLimits.MaxIdentifierLength,
        ["token"] = ControlLimits.MaxTokenLength,
        ["text"] = ControlLimits.MaxTextLength,
        ["servers of a client"] = ControlLimits.MaxServers,
        ["other nodes in a welcome"] = ControlLimits.MaxOtherNodes,
        ["link index"] = ControlLimits.MaxLinkIndex,
        ["time"] = (long)ControlLimits.MaxTime.TotalMilliseconds,
        ["window of a new stream"] = YamuxLimits.InitialWindow,
        ["largest window that a receiver grows to"] = YamuxLimits.MaxWindow,
        ["payload of a data frame sent"] = YamuxLimits.MaxDataPayload,
        ["pings waiting for their answers to be read"] = YamuxLimits.MaxPendingPongs,
        ["refused streams waiting for their resets to be read"] = YamuxLimits.MaxPendingRefusals,
        ["PROXY header"] = ProxyHeaderReader.MaxLength,
        ["unique id"] = ProxyWire.MaxUniqueIdLength,
        ["edge node"] = ProxyWire.MaxEdgeNodeLength,
        ["agent platform"] = ProxyWire.MaxAgentPlatformLength,
        ["host name"] = HostName.MaxLength,
        ["ClientHello, with its handshake header"] = ClientHelloReader.MaxMessageLength,
    };

    [Test]
    public void Control_examples_are_messages_of_every_type()
    {
        var types = Examples("json control").SelectMany(text => text.Split('\n')).Select(line =>
        {
            var read = ControlParser.Parse(Encoding.UTF8.GetBytes(line));

            Assert.That(read.Message, Is.Not.Null, $"{line}: {read.Detail}");
            AssertNothingIgnored(line, read.Message!);
            return read.Message!.Type;
        }).ToArray();

        Assert.That(types.Distinct(), Is.EquivalentTo(Types()));
    }

    [Test]
    public void Control_tables_have_exactly_the_members_of_each_message()
    {
        foreach (var type in MessageTypes())
        {
            var name = type.Name.Replace("Message", "", StringComparison.Ordinal).ToLowerInvariant();
            var heading = name is "ping" or "pong" ? "ping, pong" : name;
            var section = Document.Split($"\n## {heading}\n")[1].Split("\n#")[0];
            var documented = Member().Matches(section).Select(match => match.Groups["name"].Value);

            var members = ControlJson.Default.GetTypeInfo(type)!.Properties.Select(property => property.Name).Where(member => member != "type");
            Assert.That(documented, Is.EquivalentTo(members), heading);
        }
    }

    [Test]
    public void Proxy_examples_are_headers()
    {
        foreach (var bytes in Examples("hex proxy").Select(FromHex))
        {
            Assert.That(ProxyHeaderReader.TryRead(bytes, out var header, out var length), Is.EqualTo(ProxyHeaderStatus.Complete));
            Assert.That(length, Is.EqualTo(bytes.Length));
            Assert.That(
                (header.Source?.ToString(), header.Destination?.ToString(), header.Authority, header.UniqueId, header.EdgeNode, header.AgentPlatform),
                Is.EqualTo(("192.0.2.1:56324", "198.51.100.7:443", "docs.acme.tunnel.example.com", "edge-1-00f3", "edge-1", "platform.example.net")));
        }

        Assert.That(Examples("hex proxy"), Is.Not.Empty);
    }

    [Test]
    public void Yamux_examples_are_the_frames_that_the_text_says()
    {
        var headers = Examples("hex yamux").SelectMany(text => text.Split('\n')).Select(line =>
        {
            Assert.That(YamuxHeader.Read(FromHex(line), out var header), Is.EqualTo(YamuxViolation.None), line);
            return header;
        });

        Assert.That(headers, Is.EqualTo(new[]
        {
            new YamuxHeader(YamuxFrameType.Data, YamuxFlags.Syn, 1, 5),
            new YamuxHeader(YamuxFrameType.Data, YamuxFlags.Syn, 2, 105),
            new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 2, 0),
            new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.None, 2, 131072),
            new YamuxHeader(YamuxFrameType.Data, YamuxFlags.Fin, 2, 0),
            new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 2, 0),
            new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 42),
            new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 42),
            new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, (uint)YamuxGoAwayCode.Normal),
        }));
    }

    [Test]
    public void Codes_table_has_every_code_of_a_link_with_its_meaning()
    {
        var rows = CodeRow().Matches(Document)
            .ToDictionary(match => match.Groups["name"].Value, match => (match.Groups["retry"].Value == "yes", match.Groups["http"].Value));

        var expected = TunnelCodes.All.Where(info => info.Code <= TunnelCode.InternalError)
            .ToDictionary(info => info.Name, info => (info.Retryable, info.HttpStatus == 0 ? "" : info.HttpStatus.ToString(CultureInfo.InvariantCulture)));
        Assert.That(rows, Is.EquivalentTo(expected));
    }

    [Test]
    public void Limits_table_has_the_constants()
    {
        var rows = LimitRow().Matches(Document.Split("# 7. Limits")[1])
            .ToDictionary(match => match.Groups["name"].Value, match => long.Parse(match.Groups["value"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture));

        Assert.That(rows, Is.EquivalentTo(Limits));
    }

    private static IEnumerable<Type> MessageTypes() => typeof(ControlMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ControlMessage)));

    private static IEnumerable<string> Types() =>
        MessageTypes().Select(type => type.Name.Replace("Message", "", StringComparison.Ordinal).ToLowerInvariant());

    /// <summary>A misspelt member would be ignored, as the protocol wants; in an example it is a mistake.</summary>
    private static void AssertNothingIgnored(string line, ControlMessage message)
    {
        using var example = JsonDocument.Parse(line);
        using var written = JsonDocument.Parse(ControlWriter.ToLine(message));

        Assert.That(
            example.RootElement.EnumerateObject().Select(member => $"{member.Name}:{member.Value.GetRawText()}"),
            Is.SubsetOf(written.RootElement.EnumerateObject().Select(member => $"{member.Name}:{member.Value.GetRawText()}")));
    }

    private static List<string> Examples(string kind) =>
        [.. Example().Matches(Document).Where(match => match.Groups["kind"].Value == kind).Select(match => match.Groups["text"].Value.Trim())];

    private static byte[] FromHex(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));

    [GeneratedRegex(@"^```(?<kind>[a-z]+ [a-z]+)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"^\| `(?<name>[A-Za-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| (?<retry>yes|no) \| ?(?<http>\d*) ?\|", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"^\| (?<name>[^|]+?) \| (?<value>[\d,]+)( [a-z]+)? \|$", RegexOptions.Multiline)]
    private static partial Regex LimitRow();
}
