using System.ComponentModel;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpTunnel.Cli.Demo.Sample;

/// <summary>One tool for each way in which a call uses the path: short, structured, long with progress, asking back, failing.</summary>
internal sealed class SampleTools(TimeProvider time)
{
    /// <summary>Longest countdown: a demo tool is not a way to keep a server busy for a day.</summary>
    private const int MaxCountdownSteps = 600;

    [McpServerTool(Name = "echo", ReadOnly = true, Idempotent = true, OpenWorld = false)]
    [Description("Returns the message it was given.")]
    public static string Echo([Description("What to return.")] string message) => message;

    [McpServerTool(Name = "add", ReadOnly = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Adds two numbers.")]
    public static Sum Add([Description("The first number.")] double a, [Description("The second number.")] double b) => new(a, b, a + b);

    [McpServerTool(Name = "measure", ReadOnly = true, OpenWorld = false, UseStructuredContent = true)]
    [Description("Reports a made-up reading of a sensor as structured content.")]
    public Reading Measure([Description("Name of the sensor.")] string sensor) =>
        new(sensor, 21.5, "celsius", time.GetUtcNow());

    [McpServerTool(Name = "countdown", ReadOnly = true, OpenWorld = false)]
    [Description("Counts down slowly, reporting progress with every step.")]
    public async Task<string> CountdownAsync(
        RequestContext<CallToolRequestParams> context,
        [Description("How many steps, 1 to 600.")] int steps,
        [Description("Milliseconds between two steps, 1 to 1000.")] int intervalMilliseconds,
        CancellationToken cancellationToken)
    {
        steps = Math.Clamp(steps, 1, MaxCountdownSteps);
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(intervalMilliseconds, 1, 1000));
        for (var step = 1; step <= steps; step++)
        {
            // Awaited, not through IProgress: each step is on the wire before the next, and all before the result.
            if (context.Params?.ProgressToken is { } token)
            {
                var progress = new ProgressNotificationValue { Progress = step, Total = steps, Message = $"{steps - step} to go" };
                await context.Server.NotifyProgressAsync(token, progress, cancellationToken: cancellationToken);
            }

            await Task.Delay(interval, time, cancellationToken);
        }

        return $"Counted down {steps} steps.";
    }

    [McpServerTool(Name = "greet", ReadOnly = true, OpenWorld = false)]
    [Description("Asks the user for a name, then greets.")]
    public static string Greet(RequestContext<CallToolRequestParams> context)
    {
        const string question = "name";
        if (context.Params?.InputResponses is { } answers && answers.TryGetValue(question, out var answer))
        {
            var result = answer.Deserialize(InputResponse.ElicitResultJsonTypeInfo);
            return result is { Action: "accept", Content: { } content } && content.TryGetValue("name", out var name)
                ? $"Hello, {name.GetString()}!"
                : "Nobody wanted to be greeted.";
        }

        // One way for both eras: the modern one repeats the call with the answer, and for an older client the SDK
        // turns this into an elicitation request on the open stream.
        throw new InputRequiredException(
            new Dictionary<string, InputRequest>
            {
                [question] = InputRequest.ForElicitation(new ElicitRequestParams
                {
                    Message = "What is your name?",
                    RequestedSchema = new ElicitRequestParams.RequestSchema
                    {
                        Properties = { ["name"] = new ElicitRequestParams.StringSchema { Description = "The name to greet.", MinLength = 1, MaxLength = 100 } },
                        Required = ["name"],
                    },
                }),
            },
            requestState: null);
    }

    [McpServerTool(Name = "fail", ReadOnly = true, OpenWorld = false)]
    [Description("Always fails, as a tool error and not as a protocol error.")]
    public static CallToolResult Fail() => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = "This tool always fails." }],
    };
}
