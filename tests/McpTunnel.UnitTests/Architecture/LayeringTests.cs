using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Architecture;

/// <summary>Holds the directions of references: they point down only, and each outside library has one home.</summary>
public sealed class LayeringTests
{
    /// <summary>What each project may reference directly. A new project needs a line here, and so a decision.</summary>
    private static readonly Dictionary<string, string[]> AllowedProjects = new()
    {
        ["McpTunnel.Protocol"] = [],
        ["McpTunnel.Certificates"] = ["McpTunnel.Protocol"],
        ["McpTunnel.Configuration"] = [],
        ["McpTunnel.Registry"] = ["McpTunnel.Protocol"],
        ["McpTunnel.Transport"] = ["McpTunnel.Protocol"],
        ["McpTunnel.Edge"] = ["McpTunnel.Transport", "McpTunnel.Protocol", "McpTunnel.Registry", "McpTunnel.Certificates", "McpTunnel.Configuration"],
        ["McpTunnel.Client"] = ["McpTunnel.Transport", "McpTunnel.Protocol", "McpTunnel.Certificates", "McpTunnel.Configuration"],
        ["McpTunnel.Cli"] =
        [
            "McpTunnel.Edge", "McpTunnel.Client", "McpTunnel.Transport", "McpTunnel.Protocol", "McpTunnel.Registry", "McpTunnel.Certificates",
            "McpTunnel.Configuration",
        ],
    };

    /// <summary>Which projects may use a library, by the beginning of its package's and assemblies' names.</summary>
    private static readonly Dictionary<string, string[]> Homes = new()
    {
        ["Microsoft.EntityFrameworkCore"] = ["McpTunnel.Registry"],
        ["BouncyCastle"] = ["McpTunnel.Certificates"],
        ["Yarp"] = ["McpTunnel.Client"],
        ["YamlDotNet"] = ["McpTunnel.Configuration"],
        ["System.Net.Quic"] = ["McpTunnel.Transport"],
        ["OpenTelemetry"] = ["McpTunnel.Edge", "McpTunnel.Client", "McpTunnel.Cli"],
        ["Microsoft.IdentityModel"] = ["McpTunnel.Client", "McpTunnel.Cli"],
        ["ModelContextProtocol"] = ["McpTunnel.Cli"],
        ["Spectre.Console"] = ["McpTunnel.Cli"],
        ["System.CommandLine"] = ["McpTunnel.Cli"],
    };

    /// <summary>Folders that alone may name a namespace, inside the projects that may use the library.</summary>
    private static readonly Dictionary<string, string[]> Folders = new()
    {
        ["using OpenTelemetry"] = ["Hosting", "Telemetry"],
        ["using System.Net.Quic"] = ["Quic"],
    };

    private static readonly string[] Projects =
        [.. Directory.EnumerateFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Names => Projects.Select(file => Path.GetFileNameWithoutExtension(file));

    [Test]
    public void Every_project_has_a_place_in_the_layers() => Assert.That(Names, Is.EquivalentTo(AllowedProjects.Keys));

    [TestCaseSource(nameof(Names))]
    public void A_project_references_only_what_is_below_it(string project)
    {
        var referenced = Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

        Assert.That(referenced, Is.SubsetOf(AllowedProjects[project]));
    }

    [TestCaseSource(nameof(Names))]
    public void An_assembly_uses_only_assemblies_below_it(string project)
    {
        var used = AssembliesOf(project).Select(name => name == "mcptunnel" ? "McpTunnel.Cli" : name).Where(name => name.StartsWith("McpTunnel.", StringComparison.Ordinal));

        Assert.That(used, Is.SubsetOf(AllowedProjects[project]));
    }

    [TestCaseSource(nameof(Names))]
    public void A_library_is_used_only_where_it_has_its_home(string project)
    {
        var strangers = Items(project, "PackageReference").Concat(AssembliesOf(project))
            .Where(name => Homes.Any(home => name.StartsWith(home.Key, StringComparison.Ordinal) && !home.Value.Contains(project)))
            .ToArray();

        Assert.That(strangers, Is.Empty);
    }

    [Test]
    public void A_namespace_is_used_only_in_its_folder() =>
        Assert.That(
            from file in Repository.Sources("src")
            let text = File.ReadAllText(file)
            from rule in Folders
            where text.Contains(rule.Key, StringComparison.Ordinal) && !rule.Value.Any(folder => file.Contains($"/{folder}/", StringComparison.Ordinal))
            select $"{file}: {rule.Key}",
            Is.Empty);

    [Test]
    public void Protocol_is_pure_it_uses_no_sockets_no_HTTP_no_hosting_and_no_package()
    {
        Assert.That(Items("McpTunnel.Protocol", "PackageReference").Concat(Items("McpTunnel.Protocol", "FrameworkReference")), Is.Empty);
        Assert.That(
            AssembliesOf("McpTunnel.Protocol"),
            Has.All.StartsWith("System.")
                .And.None.AnyOf("System.Net.Sockets", "System.Net.Http", "System.Net.Security", "System.IO.Pipelines", "System.Threading.Timer"));
    }

    [TestCase("TimeProvider")]
    [TestCase("DateTime")]
    [TestCase("Stopwatch")]
    [TestCase("Task<")]
    [TestCase("async ")]
    [TestCase("File.")]
    public void Protocol_is_pure_it_reads_no_clock_and_waits_for_nothing(string word) =>
        Assert.That(Repository.Sources("src/McpTunnel.Protocol").Where(file => Code(file).Any(line => line.Contains(word, StringComparison.Ordinal))), Is.Empty);

    private static IEnumerable<string> Code(string file) =>
        File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Projects.Single(file => Path.GetFileNameWithoutExtension(file) == project))
            .Descendants(kind)
            .Select(item => item.Attribute("Include")!.Value);

    /// <summary>What the compiled assembly really uses, references through other projects included.</summary>
    private static string[] AssembliesOf(string project)
    {
        var file = project == "McpTunnel.Cli" ? "mcptunnel.dll" : $"{project}.dll";
        using var stream = File.OpenRead(Path.Combine(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, file));
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
