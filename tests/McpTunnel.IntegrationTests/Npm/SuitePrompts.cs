using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>Prompts that the suite gets by name.</summary>
internal sealed class SuitePrompts
{
    [McpServerPrompt(Name = "test_simple_prompt")]
    public static string Simple() => "This is a simple prompt for testing.";

    [McpServerPrompt(Name = "test_prompt_with_arguments")]
    public static string WithArguments(string arg1, string arg2) => $"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'";

    [McpServerPrompt(Name = "test_prompt_with_embedded_resource")]
    public static IEnumerable<PromptMessage> WithResource(string resourceUri) =>
    [
        User(new EmbeddedResourceBlock { Resource = new TextResourceContents { Uri = resourceUri, MimeType = "text/plain", Text = "Embedded resource content for testing." } }),
        User(new TextContentBlock { Text = "Please process the embedded resource above." }),
    ];

    [McpServerPrompt(Name = "test_prompt_with_image")]
    public static IEnumerable<PromptMessage> WithImage() => [User(SuiteData.Image), User(new TextContentBlock { Text = "Please analyze the image above." })];

    private static PromptMessage User(ContentBlock content) => new() { Role = Role.User, Content = content };
}
