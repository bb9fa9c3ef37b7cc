using McpTunnel.Edge.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Documents;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Configuration;

public sealed class EdgeReferenceTests
{
    private const string Document = "docs/configuration-edge.md";
    private const string Marker = "<!-- From the options; a test holds the two together. -->\n\n";

    [Test]
    public void Document_has_the_tables_of_the_options()
    {
        var reference = OptionsReference.Write(typeof(EdgeOptions), "`edge.yaml`");

        // So that a changed option is one run away from its documentation.
        if (Environment.GetEnvironmentVariable("MCPTUNNEL_WRITE_DOCS") == "1")
        {
            var path = Path.Combine(Repository.Root, Document);
            var old = File.ReadAllText(path);
            File.WriteAllText(path, old[..(old.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)] + reference);
        }

        var document = Repository.Read(Document);
        Assert.That(document[(document.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..], Is.EqualTo(reference));
    }

    [Test]
    public void Document_example_is_a_configuration_without_errors()
    {
        var document = Repository.Read(Document);
        var start = document.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        var example = document[start..document.IndexOf("```", start, StringComparison.Ordinal)];
        using var directory = new McpTunnel.TestKit.ScratchDirectory();

        var loaded = EdgeConfiguration.Loader(new Dictionary<string, string>()).Load(directory.Write("edge.yaml", example));

        Assert.That(loaded.Errors, Is.Empty);
    }
}
