using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.Demo;

/// <summary>One <c>--upstream NAME=URL</c>.</summary>
/// <param name="Name">The server's name, the first label of its public name.</param>
/// <param name="Url">Its MCP endpoint, path included.</param>
internal sealed record UpstreamSpec(string Name, Uri Url)
{
    /// <summary>The name of the server that the demo brings along.</summary>
    public const string SampleName = "sample";

    /// <summary>DNS: 63 characters in a label.</summary>
    private const int MaxNameLength = 63;

    /// <exception cref="CliException">Not of the form, with what is wrong with it.</exception>
    public static UpstreamSpec Parse(string text)
    {
        var separator = text.IndexOf('=', StringComparison.Ordinal);
        var name = separator < 0 ? "" : text[..separator];
        if (!IsLabel(name))
        {
            throw Wrong(text, "NAME is the first label of the server's public name: lower-case letters, digits and hyphens.");
        }

        if (!Uri.TryCreate(text[(separator + 1)..], UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0)
        {
            throw Wrong(text, "URL is the MCP endpoint: http or https, without a query. Example: --upstream docs=http://127.0.0.1:3000/mcp");
        }

        return new UpstreamSpec(name, url.AbsolutePath == "/" ? new Uri(url, "/mcp") : url);
    }

    /// <summary>All of a command line; the sample server is not in it.</summary>
    /// <exception cref="CliException">One is wrong, or two have the same name.</exception>
    public static IReadOnlyList<UpstreamSpec> ParseAll(IReadOnlyList<string> texts)
    {
        UpstreamSpec[] specs = [.. texts.Select(Parse)];
        if (specs.GroupBy(spec => spec.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new CliException(ExitCode.Usage, $"Two upstreams are named '{twice.Key}'.", "--upstream", "Give each a name of its own.");
        }

        return specs;
    }

    private static bool IsLabel(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-';

    private static CliException Wrong(string text, string remedy) =>
        new(ExitCode.Usage, $"'{text}' is not NAME=URL.", "--upstream", remedy);
}
