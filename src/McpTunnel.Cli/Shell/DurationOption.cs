using System.CommandLine;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Cli.Shell;

/// <summary>An option whose value is a time such as <c>30d</c>, <c>12h</c> or <c>90s</c>, as in the configuration files.</summary>
internal static class DurationOption
{
    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (Duration.TryParse(result.Tokens[0].Value, out var duration))
            {
                return duration;
            }

            result.AddError($"'{result.Tokens[0].Value}' is not a time for {name}. Write for example 30d, 12h, 1h30m or 0s.");
            return null;
        },
    };
}
