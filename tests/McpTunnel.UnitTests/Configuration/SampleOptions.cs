using System.Net;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.UnitTests.Configuration;

public sealed record SampleOptions
{
    [Option("name", "What it is called.")]
    [DnsLabel]
    public required string Name { get; init; }

    [Option("mode", "How it works.")]
    public SampleMode Mode { get; init; }

    [Option("enabled", "Whether it works.")]
    public bool Enabled { get; init; } = true;

    [Option("size", "How large it is.")]
    [McpTunnel.Configuration.Rules.Range("1KiB", "1GiB")]
    public ByteSize Size { get; init; } = ByteSize.MiB(4);

    [Option("wait", "How long it waits.")]
    [McpTunnel.Configuration.Rules.Range("1s", "1h")]
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(30);

    [Option("listen", "Where it listens.")]
    public HostEndPoint? Listen { get; init; }

    [Option("networks", "Where it dials.")]
    [Count(0, 3)]
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    [Option("file", "What it reads.")]
    [FilePath]
    public string? File { get; init; }

    [Option("url", "Where it goes.")]
    [Url("https")]
    public Uri? Url { get; init; }

    [Option("limits", "Bounds.")]
    public SampleLimits Limits { get; init; } = new();

    [Option("items", "Parts.")]
    public IReadOnlyList<SampleItem> Items { get; init; } = [];
}

public enum SampleMode
{
    Slow,
    VeryFast,
}

public sealed record SampleLimits
{
    [Option("calls", "How many calls.")]
    [McpTunnel.Configuration.Rules.Range("1", "100")]
    public int Calls { get; init; } = 10;
}

public sealed record SampleItem
{
    [Option("id", "Its number.")]
    public required int Id { get; init; }

    [Option("tags", "Its words.")]
    public IReadOnlyList<string> Tags { get; init; } = [];
}

public sealed record SampleDropIn
{
    [Option("items", "Parts.")]
    public IReadOnlyList<SampleItem> Items { get; init; } = [];
}
