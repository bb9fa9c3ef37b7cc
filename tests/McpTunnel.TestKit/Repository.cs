using System.Reflection;

namespace McpTunnel.TestKit;

/// <summary>The files of this repository, for tests that hold documents and sources together.</summary>
public static class Repository
{
    /// <summary>The directory of the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file, given from the root with slashes.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>The text of a file, given from the root with slashes.</summary>
    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>All C# sources below a directory, without what the build makes.</summary>
    public static IEnumerable<string> Sources(string relative) =>
        Directory.EnumerateFiles(PathOf(relative), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static string FindRoot()
    {
        var directory = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        while (directory is not null && !File.Exists(Path.Combine(directory, "McpTunnel.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests must run from below the directory of McpTunnel.sln.");
    }
}
