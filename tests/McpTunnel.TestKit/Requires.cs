using McpTunnel.Transport.Quic;
using NUnit.Framework;

namespace McpTunnel.TestKit;

/// <summary>
/// Parts that a test needs from outside the repository. On a laptop a missing part means Ignore; where
/// <c>MCPTUNNEL_REQUIRE_OUTSIDE_PARTS=1</c>, as in CI, it means Fail, so that nothing is skipped unseen.
/// Give the test the category of the same name, so that it can be chosen.
/// </summary>
public static class Requires
{
    /// <summary>The environment variable that makes outside parts mandatory.</summary>
    public const string Variable = "MCPTUNNEL_REQUIRE_OUTSIDE_PARTS";

    /// <summary>Whether a missing part is a failure.</summary>
    public static bool Mandatory => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Goes on when <paramref name="present"/>; otherwise ends the test with <paramref name="remedy"/>.</summary>
    /// <param name="present">Whether the part is there.</param>
    /// <param name="part">What is needed.</param>
    /// <param name="remedy">What to do to have it, as a command where there is one.</param>
    public static void That(bool present, string part, string remedy)
    {
        if (present)
        {
            return;
        }

        var message = $"Needs {part}. {remedy}";
        if (Mandatory)
        {
            Assert.Fail(message);
        }

        Assert.Ignore(message);
    }

    /// <summary>A program on the PATH; returns its full path.</summary>
    public static string Program(string name, string remedy)
    {
        var path = Find(name);
        That(path is not null, $"the program '{name}' on the PATH", remedy);
        return path!;
    }

    /// <summary>A program of a Debian package; returns its full path.</summary>
    public static string DebianProgram(string name, string package) => Program(name, $"Install it: apt-get install {package}");

    /// <summary>A file or directory.</summary>
    public static void Path(string path, string remedy) => That(System.IO.Path.Exists(path), path, remedy);

    /// <summary>Linux, for what only its kernel has: network namespaces, socket options, /proc.</summary>
    public static void Linux() => That(OperatingSystem.IsLinux(), "Linux", "Run the test on Linux.");

    /// <summary>The user that may make network namespaces.</summary>
    public static void Root() => That(OperatingSystem.IsLinux() && Environment.UserName == "root", "root", "Run the test as root.");

    /// <summary>
    /// The native QUIC library. Without it the test is skipped everywhere, since the product is whole without it and not every system has a package.
    /// </summary>
    public static void Quic()
    {
        if (!QuicCarrier.IsSupported(out var reason))
        {
            Assert.Ignore($"Needs QUIC. {reason}");
        }
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => System.IO.Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}
