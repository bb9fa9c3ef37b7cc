// Newer revisions give these features up; the suite still asks for them, and the path must carry them.
#pragma warning disable MCP9005
using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using static ModelContextProtocol.Protocol.ElicitRequestParams;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>Tools that ask the agent back, in the old way over the open stream and in the new one by an unfinished result.</summary>
internal sealed class SuiteQuestions
{
    [McpServerTool(Name = "test_sampling")]
    public static async Task<string> SampleAsync(McpServer server, string prompt, CancellationToken cancellationToken)
    {
        var result = await server.SampleAsync(Sampling(prompt), cancellationToken);
        return $"LLM response: {string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text))}";
    }

    [McpServerTool(Name = "test_elicitation")]
    public static async Task<string> ElicitAsync(McpServer server, string message, CancellationToken cancellationToken) =>
        await AskAsync(server, Question(message, ("username", new StringSchema()), ("email", new StringSchema())), cancellationToken);

    [McpServerTool(Name = "test_elicitation_sep1034_defaults")]
    public static async Task<string> DefaultsAsync(McpServer server, CancellationToken cancellationToken) => await AskAsync(
        server,
        Question(
            "Defaults",
            ("name", new StringSchema { Default = "John Doe" }),
            ("age", new NumberSchema { Type = "integer", Default = 30 }),
            ("score", new NumberSchema { Default = 95.5 }),
            ("status", new UntitledSingleSelectEnumSchema { Enum = ["active", "inactive", "pending"], Default = "active" }),
            ("verified", new BooleanSchema { Default = true })),
        cancellationToken);

    [McpServerTool(Name = "test_input_required_result_elicitation")]
    public static string Elicitation(RequestContext<CallToolRequestParams> context) =>
        Once(context, ("user_name", InputRequest.ForElicitation(Question("What is your name?", ("name", new StringSchema())))));

    [McpServerTool(Name = "test_input_required_result_sampling")]
    public static string Sampling(RequestContext<CallToolRequestParams> context) =>
        Once(context, ("capital_question", InputRequest.ForSampling(Sampling("What is the capital of France?"))));

    [McpServerTool(Name = "test_input_required_result_list_roots")]
    public static string Roots(RequestContext<CallToolRequestParams> context) =>
        Once(context, ("client_roots", InputRequest.ForRootsList(new ListRootsRequestParams())));

    [McpServerTool(Name = "test_input_required_result_multiple_inputs")]
    public static string Several(RequestContext<CallToolRequestParams> context) => Once(
        context,
        ("user_name", InputRequest.ForElicitation(Question("What is your name?", ("name", new StringSchema())))),
        ("greeting", InputRequest.ForSampling(Sampling("Generate a greeting"))),
        ("client_roots", InputRequest.ForRootsList(new ListRootsRequestParams())));

    private static string Once(RequestContext<CallToolRequestParams> context, params (string Name, InputRequest Request)[] questions) =>
        context.Params?.InputResponses is { Count: > 0 } answers
            ? $"Answered: {string.Join(", ", answers.Keys.Order(StringComparer.Ordinal))}"
            : throw new InputRequiredException(questions.ToDictionary(question => question.Name, question => question.Request), requestState: "asked");

    private static async Task<string> AskAsync(McpServer server, ElicitRequestParams question, CancellationToken cancellationToken)
    {
        var answer = await server.ElicitAsync(question, cancellationToken);
        return $"Elicitation completed: action={answer.Action}, content={JsonSerializer.Serialize(answer.Content)}";
    }

    private static ElicitRequestParams Question(string message, params (string Name, PrimitiveSchemaDefinition Schema)[] properties) => new()
    {
        Message = message,
        RequestedSchema = new RequestSchema { Properties = properties.ToDictionary(property => property.Name, property => property.Schema), Required = [properties[0].Name] },
    };

    private static CreateMessageRequestParams Sampling(string prompt) => new()
    {
        Messages = [new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = prompt }] }],
        MaxTokens = 100,
    };
}
