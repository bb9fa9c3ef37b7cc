using System.Text.Json;
using System.Text.RegularExpressions;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>One run of the public conformance suite's server scenarios against one URL.</summary>
internal static partial class ConformanceRun
{
    /// <summary>Scenarios that cannot be compared between plain HTTP on loopback and HTTPS under a public name, each with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Excluded { get; } = new Dictionary<string, string>
    {
        ["dns-rebinding-protection"] = "is only for servers under a localhost name and fails for any other, before it sends a request",
    };

    /// <summary>Runs every scenario that a protocol revision requires of a server.</summary>
    /// <param name="url">The server's MCP endpoint.</param>
    /// <param name="revision">The protocol revision.</param>
    /// <param name="caFile">The CA of its certificate, when it has one.</param>
    /// <returns>All checks of all scenarios that are not excluded, sorted.</returns>
    public static async Task<IReadOnlyList<CheckOutcome>> AgainstAsync(Uri url, string revision, string? caFile = null)
    {
        using var home = new ScratchDirectory();
        var environment = new Dictionary<string, string>();
        if (caFile is not null)
        {
            environment["NODE_EXTRA_CA_CERTS"] = caFile;
            environment["MCPTUNNEL_TEST_DOMAIN"] = url.Host[(url.Host.IndexOf('.', StringComparison.Ordinal) + 1)..];
        }

        var results = Directory.CreateDirectory(home["results"]);
        await using var program = NodeProgram.Start(
            NodeProgram.Conformance, ["server", "--url", url.AbsoluteUri, "--requirements", revision, "-o", results.FullName], home.Path, environment);
        var ended = await program.EndAsync();
        var started = ScenarioStart().Matches(ended.Output).Select(match => match.Groups[1].Value).Order().ToArray();
        var saved = results.EnumerateDirectories().ToDictionary(directory => ScenarioResult().Match(directory.Name).Groups[1].Value);
        Assert.That(saved.Keys.Order(), Is.EqualTo(started).And.Not.Empty, ended.ToString());

        return [.. saved
            .Where(scenario => !Excluded.ContainsKey(scenario.Key))
            .SelectMany(scenario => Read(scenario.Key, Path.Combine(scenario.Value.FullName, "checks.json")))
            .OrderBy(outcome => outcome.ToString(), StringComparer.Ordinal)];
    }

    private static IEnumerable<CheckOutcome> Read(string scenario, string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        return [.. document.RootElement.EnumerateArray().Select(check => new CheckOutcome(
            scenario,
            check.GetProperty("id").GetString()!,
            check.GetProperty("status").GetString()!,
            check.TryGetProperty("errorMessage", out var error) ? error.GetString() ?? "" : ""))];
    }

    [GeneratedRegex(@"^=== Running scenario: (.+) ===$", RegexOptions.Multiline)]
    private static partial Regex ScenarioStart();

    // server-<scenario>-<time>
    [GeneratedRegex(@"^server-(.+)-\d{4}-\d\d-\d\dT")]
    private static partial Regex ScenarioResult();
}
