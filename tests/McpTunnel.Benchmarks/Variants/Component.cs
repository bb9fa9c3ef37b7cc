using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>One process of a path.</summary>
/// <param name="Role">What it is called in the tables.</param>
/// <param name="Counted">Whether its CPU time belongs to the path; the upstream and the agents are reported only.</param>
/// <param name="Answers">Whether it is a component of this program, which answers questions.</param>
internal sealed record Component(string Role, ChildProcess Process, bool Counted = true, bool Answers = true)
{
    // Connections by the thousand take a while to collect.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(2);

    public int ProcessId => Process.Id;

    public Task<string> AskAsync(string question, CancellationToken cancellationToken) => Process.AskAsync(
        question, line => line.StartsWith(Questions.Answer, StringComparison.Ordinal) ? line[Questions.Answer.Length..] : null, AnswerWithin, cancellationToken);

    public async Task<MemoryFigures> ReadMemoryAsync(CancellationToken cancellationToken) =>
        MemoryFigures.Parse(await AskAsync(Questions.Memory, cancellationToken));
}
