using System.Text.RegularExpressions;
using McpTunnel.Client.Configuration;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Documentation;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Configuration;

/// <summary>Holds docs/configuration.md and the options together.</summary>
public sealed partial class ConfigurationDocumentTests
{
    private const string Document = "docs/configuration.md";
    private const string Begin = "<!-- reference: begin -->\n";
    private const string End = "<!-- reference: end -->";

    [Test]
    public void Reference_is_what_the_options_say()
    {
        var document = Repository.Read(Document);
        var begin = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = document.IndexOf(End, StringComparison.Ordinal);
        var reference = "\n" + ReferenceWriter.Write(typeof(ClientOptions), "client.yaml");

        // A person who changed an option runs this once with the variable set, and reads the difference.
        if (Environment.GetEnvironmentVariable("MCPTUNNEL_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Repository.PathOf(Document), document[..begin] + reference + document[end..]);
        }

        Assert.That(document[begin..end], Is.EqualTo(reference), "MCPTUNNEL_WRITE_DOCS=1 dotnet test --filter ConfigurationDocumentTests writes it anew");
    }

    [Test]
    public void Example_is_a_good_configuration()
    {
        using var directory = new ScratchDirectory();
        foreach (Match example in Examples().Matches(Repository.Read(Document)))
        {
            directory.Write(example.Groups["name"].Value, example.Groups["text"].Value);
        }

        var result = ClientConfiguration.Loader(new Dictionary<string, string>()).Load(directory["client.yaml"]);

        Assert.Multiple(() =>
        {
            Assert.That(result.Errors, Is.Empty);
            Assert.That(result.Value?.Servers.Select(server => server.Name), Is.EqualTo(new[] { "docs", "wiki", "search" }));
        });
    }

    [Test]
    public void Every_option_says_what_it_does_and_why_its_default_is_what_it_is()
    {
        var silent = new List<string>();
        var pending = new Queue<Type>([typeof(ClientOptions)]);
        while (pending.TryDequeue(out var type))
        {
            foreach (var option in OptionsSchema.For(type).Options)
            {
                if (option.Shape is OptionShape.Section or OptionShape.SectionList)
                {
                    pending.Enqueue(option.ElementType);
                }
                else if (!option.Description.EndsWith('.') || (option.Reason.Length == 0 && !option.IsRequired && option.DefaultDisplay.Any(char.IsDigit)))
                {
                    silent.Add($"{type.Name}.{option.Key}");
                }
            }
        }

        Assert.That(silent, Is.Empty);
    }

    [GeneratedRegex("```yaml\n# (?<name>[^ ,\n]+)[^\n]*\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Examples();
}
