using System.Text;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Control;

public sealed class ControlParserTests
{
    private const string MinimalHello =
        """{"type":"hello","version":1,"tunnel":"tnl_a","token":"mct_secret","instance":"i","linkIndex":0,"generation":0,"carrier":"tls"}""";

    [TestCaseSource(typeof(ControlSamples), nameof(ControlSamples.All))]
    public void Parse_gives_back_what_the_writer_wrote(ControlMessage message)
    {
        var line = ControlWriter.ToLine(message);

        var read = ControlParser.Parse(line.AsSpan(..^1));

        Assert.That(read.Problem, Is.Null, read.Detail);
        Assert.That(read.Message, Is.EqualTo(message).UsingPropertiesComparer());
        Assert.That(line[^1], Is.EqualTo((byte)'\n'));
        Assert.That(line.Count(b => b == '\n'), Is.EqualTo(1));
    }

    [Test]
    public void Parse_fills_defaults_of_optional_fields()
    {
        var hello = (HelloMessage)Parse(MinimalHello).Message!;

        Assert.That(hello.Servers, Is.Empty);
        Assert.That(hello.Software, Is.Empty);
        Assert.That(hello.MinVersion, Is.EqualTo(1));
        Assert.That(hello.Token.Reveal(), Is.EqualTo("mct_secret"));
    }

    [Test]
    public void Parse_finds_the_type_wherever_it_stands() =>
        Assert.That(Parse("""{"id":{"type":"pong"},"x":[{"type":"close"}],"type":"unknown"}""").IsIgnored, Is.True);

    [TestCase("""{"id":3,"type":"ping"}""")]
    [TestCase("""  {"type":"ping","id":3}  """)]
    [TestCase("""{"type":"ping","id":3,"colour":{"deep":[1,2,{"x":null}]},"Id":9}""")]
    [TestCase("""{"type":"p\u0069ng","id":3}""")]
    [TestCase("{\"type\":\"ping\",\"id\":3}\r")]
    public void Parse_accepts_any_order_unknown_fields_white_space_and_escapes(string line) =>
        Assert.That(Parse(line).Message, Is.EqualTo(new PingMessage(3)));

    [TestCase("""{"type":"telemetry","load":0.5}""")]
    [TestCase("""{"type":"Hello"}""")]
    [TestCase("""{"type":""}""")]
    public void Parse_of_an_unknown_type_is_ignored(string line)
    {
        var read = Parse(line);

        Assert.That(read.IsIgnored, Is.True);
        Assert.That(read.Problem, Is.Null);
    }

    [TestCase("", "JSON")]
    [TestCase("hello", "JSON")]
    [TestCase("[]", "object")]
    [TestCase("null", "object")]
    [TestCase("\"ping\"", "object")]
    [TestCase("{}", "'type'")]
    [TestCase("""{"type":1}""", "'type'")]
    [TestCase("""{"type":null}""", "'type'")]
    [TestCase("""{"type":"ping","type":"pong","id":1}""", "'type'")]
    [TestCase("""{"type":"ping","id":1""", "JSON")]
    [TestCase("""{"type":"ping","id":1}}""", "JSON")]
    [TestCase("""{"type":"ping","id":1} {"type":"ping","id":2}""", "JSON")]
    [TestCase("""{"type":"ping","id":1,}""", "JSON")]
    [TestCase("""{"type":"ping","id":1} // hi""", "JSON")]
    [TestCase("""{"type":"p\ud800","id":1}""", "Unicode")]
    [TestCase("""{"type":"ping"}""", "'ping'")]
    [TestCase("""{"type":"ping","id":"1"}""", "$.id")]
    [TestCase("""{"type":"ping","id":1.5}""", "$.id")]
    [TestCase("""{"type":"ping","id":1,"id":2}""", "'ping'")]
    [TestCase("""{"type":"ping","id":-1}""", "id must be from 0")]
    [TestCase("""{"type":"servers","servers":null}""", "$.servers")]
    [TestCase("""{"type":"servers","servers":[null]}""", "servers[0]")]
    [TestCase("""{"type":"servers","servers":[{}]}""", "'servers'")]
    [TestCase("""{"type":"servers","servers":[{"name":null}]}""", "name")]
    [TestCase("""{"type":"servers","servers":[{"name":"a.b"}]}""", "servers[0].name")]
    [TestCase("""{"type":"servers","servers":[{"name":"-a"}]}""", "servers[0].name")]
    [TestCase("""{"type":"servers","servers":[{"name":"Docs"}]}""", "servers[0].name")]
    [TestCase("""{"type":"drain","code":"x","reconnectAfterMs":-1,"tryForMs":0}""", "$.reconnectAfterMs")]
    [TestCase("""{"type":"drain","code":"x","reconnectAfterMs":0,"tryForMs":86400001}""", "$.tryForMs")]
    [TestCase("""{"type":"close","code":""}""", "code must be")]
    [TestCase("""{"type":"close","code":"a b"}""", "code must be")]
    [TestCase("""{"type":"close","code":"a\nb"}""", "code must be")]
    public void Parse_of_a_malformed_message_says_what_is_wrong(string line, string about)
    {
        var read = Parse(line);

        Assert.That(read.Problem, Is.EqualTo(TunnelCode.ProtocolError));
        Assert.That(read.Message, Is.Null);
        Assert.That(read.Detail, Does.Contain(about));
    }

    [Test]
    public void Parse_of_bytes_that_are_not_utf8_is_malformed()
    {
        var read = ControlParser.Parse([.. "{\"type\":\"close\",\"code\":\"x\",\"detail\":\""u8, 0xC3, 0x28, .. "\"}"u8]);

        Assert.That(read.Problem, Is.EqualTo(TunnelCode.ProtocolError));
        Assert.That(read.Detail, Does.Contain("UTF-8"));
    }

    [Test]
    public void Parse_of_nesting_beyond_the_limit_is_malformed()
    {
        Assert.That(Parse(Nested(ControlLimits.MaxDepth - 1)).Message, Is.EqualTo(new PingMessage(1)));
        Assert.That(Parse(Nested(ControlLimits.MaxDepth)).Problem, Is.EqualTo(TunnelCode.ProtocolError));

        static string Nested(int levels) =>
            $$"""{"type":"ping","id":1,"x":{{new string('[', levels)}}{{new string(']', levels)}}}""";
    }

    [Test]
    public void Parse_of_control_characters_in_text_makes_them_spaces()
    {
        var close = (CloseMessage)Parse("""{"type":"close","code":"x","detail":"a\u001b[31mb\nc"}""").Message!;

        Assert.That(close.Detail, Is.EqualTo("a [31mb c"));
    }

    [Test]
    public void Parse_names_no_value_of_a_malformed_hello()
    {
        foreach (var line in new[]
        {
            MinimalHello.Replace("\"mct_secret\"", "[\"mct_secret\"]", StringComparison.Ordinal),
            MinimalHello.Replace("mct_secret", "mct_secret with spaces", StringComparison.Ordinal),
            MinimalHello.Replace("\"linkIndex\":0", "\"linkIndex\":\"mct_secret\"", StringComparison.Ordinal),
            MinimalHello.Replace("\"mct_secret\"", "mct_secret", StringComparison.Ordinal),
        })
        {
            var read = Parse(line);

            Assert.That(read.Problem, Is.EqualTo(TunnelCode.ProtocolError));
            Assert.That(read.Detail, Does.Not.Contain("mct_secret"));
            Assert.That(read.ToString(), Does.Not.Contain("mct_secret"));
        }
    }

    [Test]
    public void A_printed_hello_does_not_show_the_token()
    {
        var hello = ControlSamples.Hello;

        Assert.That(hello.ToString(), Does.Not.Contain(ControlSamples.Token[4..]).And.Contain("secret("));
        Assert.That($"{hello.Token}", Is.EqualTo(new Secret(ControlSamples.Token).ToString()));
        Assert.That(hello.Token, Is.Not.EqualTo(new Secret("other")));
        Assert.That(new Secret("other").ToString(), Is.Not.EqualTo(hello.Token.ToString()));
    }

    [Test]
    public void Fuzz_mutated_messages_are_read_or_refused_and_never_throw()
    {
        var lines = ControlSamples.All.Select(message => ControlWriter.ToLine(message)).ToArray();

        Fuzz.Run(seed: 1, random =>
        {
            var line = Fuzz.Mutate(random, lines[random.Next(lines.Length)]);

            var read = ControlParser.Parse(line);

            if (read.Message is { } message)
            {
                // What was accepted is within every bound, so it can be written again.
                Assert.That(ControlParser.Parse(ControlWriter.ToLine(message)).Problem, Is.Null);
            }
            else if (read.Problem is not null)
            {
                Assert.That(read.Detail, Is.Not.Empty.And.Not.Contain(ControlSamples.Token[20..40]));
            }
        });
    }

    private static ControlRead Parse(string line) => ControlParser.Parse(Encoding.UTF8.GetBytes(line));
}
