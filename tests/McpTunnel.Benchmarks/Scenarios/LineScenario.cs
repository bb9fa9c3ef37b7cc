using System.Diagnostics;
using System.Globalization;
using System.Net;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.TestKit.Netns;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>
/// Bulk streams with a long way between client and edge:
/// <code>
///   namespace "public":  agents, edge, sshd ══ line: half the round trip each way ══ namespace "private":  client, ssh, YARP, upstream
/// </code>
/// The line is this process; the harness runs once more, in "public".
/// </summary>
internal static class LineScenario
{
    public static readonly TimeSpan DefaultRoundTrip = TimeSpan.FromMilliseconds(50);

    private const string PublicAddress = "10.94.1.1";
    private const string PrivateAddress = "10.94.1.2";

    /// <param name="roundTrip">Of the line, both ways together.</param>
    /// <param name="arguments">The rest of the command line.</param>
    public static async Task<int> RunAsync(TimeSpan roundTrip, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var outside = await NetworkNamespace.CreateAsync("public");
        await using var inside = await NetworkNamespace.CreateAsync("private");
        await using var line = await DelayLine.JoinAsync(
            (outside, "to-private", IPAddress.Parse(PublicAddress)), (inside, "to-public", IPAddress.Parse(PrivateAddress)), new DelayLineSettings { Delay = roundTrip / 2 });
        var start = Self.Harness(["bulk", BenchmarkCommands.NetworkOption, $"{inside.Name},{PublicAddress},{PrivateAddress}", .. arguments]).Behind("ip", "netns", "exec", outside.Name);
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round trip {roundTrip.TotalMilliseconds:0} ms").AsMemory(), cancellationToken);
        using var harness = Process.Start(start)!;
        await harness.WaitForExitAsync(cancellationToken);
        await Console.Error.WriteLineAsync($"to private: {line.There}\nto public: {line.Back}".AsMemory(), cancellationToken);
        return harness.ExitCode;
    }
}
