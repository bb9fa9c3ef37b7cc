using McpTunnel.Certificates.Files;

namespace McpTunnel.Cli.Demo;

/// <summary>The directory of a demo: one half is what lies on an edge's machine, the other what lies on a client's.</summary>
internal sealed class DemoState : IDisposable
{
    private readonly bool _isTemporary;

    private DemoState(string root, bool isTemporary)
    {
        Root = root;
        _isTemporary = isTemporary;
    }

    public string Root { get; }

    public string Edge => Path.Combine(Root, "edge");

    public string Client => Path.Combine(Root, "client");

    public string ClientConfiguration => Path.Combine(Client, "client.yaml");

    /// <summary>Opens the directory asked for, or makes a new one that <see cref="Dispose"/> removes.</summary>
    public static DemoState Open(string? directory)
    {
        var root = directory is null ? Directory.CreateTempSubdirectory("mcptunnel-demo-").FullName : Path.GetFullPath(directory);
        StateDirectory.Ensure(root);
        return new DemoState(root, directory is null);
    }

    public void Dispose()
    {
        if (!_isTemporary)
        {
            return;
        }

        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary directory that cannot be removed is the system's to clean.
        }
    }
}
