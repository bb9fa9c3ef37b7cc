using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Architecture;

/// <summary>Files stay small enough to be understood in a few minutes.</summary>
public sealed class SourceTests
{
    /// <summary>A file that comes near it is two things, and is split by owner before it hurts.</summary>
    private const int MaxLines = 500;

    private const int MaxFolderDepth = 2;

    private static IEnumerable<string> Files =>
        Repository.Sources("src").Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal));

    [Test]
    public void No_source_file_is_longer_than_500_lines() =>
        Assert.That(Files.Where(file => File.ReadLines(file).Count() > MaxLines), Is.Empty);

    [Test]
    public void Folders_are_at_most_two_deep() =>
        Assert.That(
            Files.Where(file => Path.GetRelativePath(Repository.PathOf("src"), file).Split(Path.DirectorySeparatorChar).Length > MaxFolderDepth + 2),
            Is.Empty);

    [Test]
    public void There_are_source_files() => Assert.That(Files.Count(), Is.GreaterThan(50));
}
