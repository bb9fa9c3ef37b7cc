using System.ComponentModel;
using ModelContextProtocol.Server;

namespace McpTunnel.Cli.Demo.Sample;

/// <summary>One prompt with an argument.</summary>
internal sealed class SamplePrompts
{
    [McpServerPrompt(Name = "summarize")]
    [Description("Asks for a summary of a topic.")]
    public static string Summarize([Description("What to summarize.")] string topic) => $"Summarize {topic} in three sentences.";
}
