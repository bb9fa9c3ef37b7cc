using System.Text.RegularExpressions;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Codes;

public sealed partial class TunnelCodesTests
{
    private static readonly TunnelCode[] Codes = Enum.GetValues<TunnelCode>();

    [Test]
    public void Every_code_has_a_meaning_in_the_order_of_the_enum() =>
        Assert.That(TunnelCodes.All.Select(info => info.Code), Is.EqualTo(Codes));

    [Test]
    public void WireName_is_snake_case_and_unique()
    {
        var names = Codes.Select(code => code.WireName()).ToArray();

        Assert.That(names, Is.Unique);
        Assert.That(names, Has.All.Matches("^[a-z]+(_[a-z0-9]+)*$"));
    }

    [TestCaseSource(nameof(Codes))]
    public void TryParse_of_a_wire_name_gives_its_code(TunnelCode code)
    {
        Assert.That(TunnelCodes.TryParse(code.WireName(), out var info), Is.True);
        Assert.That(info, Is.EqualTo(code.Info()));
    }

    [TestCase("")]
    [TestCase("UnknownTunnel")]
    [TestCase("unknown_tunnel ")]
    [TestCase("of_a_later_version")]
    public void TryParse_of_another_name_fails(string name) => Assert.That(TunnelCodes.TryParse(name, out _), Is.False);

    [TestCase(TunnelCode.TokenRevoked, false, 401)]
    [TestCase(TunnelCode.UnknownTunnel, false, 404)]
    [TestCase(TunnelCode.EdgeDraining, true, 503)]
    [TestCase(TunnelCode.PeerDead, true, 0)]
    [TestCase(TunnelCode.Misdirected, false, 421)]
    public void Info_says_whether_to_retry_and_the_status(TunnelCode code, bool retryable, int status) =>
        Assert.That((code.Info().Retryable, code.Info().HttpStatus), Is.EqualTo((retryable, status)));

    [TestCaseSource(nameof(Codes))]
    public void Status_where_there_is_one_is_an_error_and_unavailability_is_retryable(TunnelCode code)
    {
        var info = code.Info();

        Assert.That(info.HttpStatus, Is.Zero.Or.InRange(400, 599));
        if (info.HttpStatus is 408 or 429 or 503 or 504)
        {
            Assert.That(info.Retryable, Is.True);
        }
    }

    [TestCaseSource(nameof(Codes))]
    public void Troubleshooting_says_what_happened_where_and_what_to_do(TunnelCode code)
    {
        Assert.That(Sections().TryGetValue(code.WireName(), out var section), Is.True, $"docs/troubleshooting.md needs the heading '## {code.WireName()}'");
        Assert.That(section, Does.Contain("**What happened:**").And.Contain("**Where:**").And.Contain("**What to do:**"));
    }

    [Test]
    public void Troubleshooting_has_no_heading_for_a_code_that_does_not_exist() =>
        Assert.That(Sections().Keys.Except(Codes.Select(code => code.WireName())), Is.Empty);

    private static Dictionary<string, string> Sections() =>
        Section().Matches(Repository.Read("docs/troubleshooting.md")).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["text"].Value);

    [GeneratedRegex(@"^## (?<name>\S+)\n(?<text>.*?)(?=^#|\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();
}
