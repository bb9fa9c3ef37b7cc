using System.Text.RegularExpressions;
using McpTunnel.Client.Configuration;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

/// <summary>Holds docs/operations/proxy.md to what the program says and takes.</summary>
public sealed partial class ProxyDocumentTests
{
    private static readonly string Document = Repository.Read("docs/operations/proxy.md");

    [Test]
    public void Errors_of_the_page_are_those_of_the_program()
    {
        var sources = string.Concat(Repository.Sources("src/McpTunnel.Transport").Concat(Repository.Sources("src/McpTunnel.Client")).Select(File.ReadAllText));
        var texts = Row().Matches(Document.Split("## When it does not come up")[1]).Select(match => match.Groups["text"].Value).ToArray();

        Assert.That(texts, Has.Length.GreaterThan(10));
        Assert.That(texts.Where(text => !sources.Contains(text, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Example_is_a_good_configuration()
    {
        using var directory = new ScratchDirectory();
        var path = directory.Write("client.yaml", Document.Split("```yaml\n")[1].Split("```")[0]);

        var result = ClientConfiguration.Loader(new Dictionary<string, string>()).Load(path);

        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Value!.Proxy.CredentialsFile, Is.EqualTo(directory["proxy-credentials"]));
    }

    [GeneratedRegex(@"^\| `(?<text>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
