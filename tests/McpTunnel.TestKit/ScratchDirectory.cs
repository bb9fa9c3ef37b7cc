namespace McpTunnel.TestKit;

/// <summary>A directory of a test's own, removed with it.</summary>
public sealed class ScratchDirectory : IDisposable
{
    /// <summary>The directory, mode 0700.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("mcptunnel-test-").FullName;

    /// <summary>The full path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, with a Unix mode where there is one. Returns its full path.</summary>
    public string Write(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }

        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
