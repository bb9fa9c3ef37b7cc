using System.Text.RegularExpressions;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Documents;

/// <summary>What a reader would trip over in README and docs.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Documents =
    [
        "README.md",
        .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')).Order(),
    ];

    [TestCaseSource(nameof(Documents))]
    public void Links_lead_somewhere(string document)
    {
        var broken = LinkPattern().Matches(WithoutCode(Repository.Read(document)))
            .Select(match => match.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal) && !Leads(document, link));

        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void Commands_of_the_readme_are_run_by_ci_or_by_a_test()
    {
        var readme = Repository.Read("README.md");
        var ci = Repository.Read(".ci/run");
        string[] commands = ["dotnet run --project src/McpTunnel.Cli -c Release -- demo", "dotnet test", "dotnet publish src/McpTunnel.Cli -c Release -o"];

        Assert.Multiple(() =>
        {
            foreach (var command in commands)
            {
                Assert.That(readme, Does.Contain(command));
                Assert.That(ci, Does.Contain(command));
            }

            // The rest of them are in blocks that ReadmeTests types as they stand.
            Assert.That(
                Regex.Matches(readme, "^mcptunnel ", RegexOptions.Multiline),
                Has.Count.EqualTo(Regex.Matches(readme, @"<!-- machine: \w+ -->\s*```sh\n(.*?)```", RegexOptions.Singleline)
                    .Sum(block => Regex.Count(block.Groups[1].Value, "^mcptunnel ", RegexOptions.Multiline))));
        });
    }

    private static bool Leads(string document, string link)
    {
        var parts = link.Split('#', 2);
        var target = parts[0].Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document) ?? "", parts[0]);
        var path = Repository.PathOf(target);
        return Path.Exists(path) && (parts.Length == 1 || (File.Exists(path) && Anchors(File.ReadAllText(path)).Contains(parts[1])));
    }

    /// <summary>Anchors as the common renderers make them from headings.</summary>
    private static IEnumerable<string> Anchors(string markdown) =>
        HeadingPattern().Matches(WithoutCode(markdown)).Select(match =>
            Regex.Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));

    private static string WithoutCode(string markdown) => Regex.Replace(markdown, "^```.*?^```", "", RegexOptions.Singleline | RegexOptions.Multiline);

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex HeadingPattern();
}
