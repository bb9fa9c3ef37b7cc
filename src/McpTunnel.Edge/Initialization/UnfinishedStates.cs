using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;

namespace McpTunnel.Edge.Initialization;

/// <summary>
/// What initializations into a new directory leave beside it when they are killed: keys that were never in use. Removed is only what has their
/// name, their permissions and nothing but their files, and what no living process has locked.
/// </summary>
internal static class UnfinishedStates
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly string[] Files =
    [
        EdgeStateFiles.Configuration, EdgeStateFiles.Registry, EdgeStateFiles.TunnelCa, EdgeStateFiles.TunnelCaKey, EdgeStateFiles.Certificate,
        EdgeStateFiles.Key, EdgeStateFiles.EdgeCa, EdgeStateFiles.AdminKey, EdgeStateFiles.Lock,
    ];

    /// <summary>Removes those of earlier initializations of <paramref name="directory"/>. What cannot be removed stays.</summary>
    public static void RemoveBeside(string directory)
    {
        if (Path.GetDirectoryName(directory) is not { } parent || !System.IO.Directory.Exists(parent))
        {
            return;
        }

        foreach (var candidate in new DirectoryInfo(parent).EnumerateDirectories(Path.GetFileName(directory) + ".*").Where(found => IsOfOurs(found, Path.GetFileName(directory))))
        {
            TryRemove(candidate);
        }
    }

    private static bool IsOfOurs(DirectoryInfo candidate, string name) =>
        candidate.Name.Length == name.Length + 1 + EdgeInitializer.SuffixDigits
        && candidate.Name.StartsWith(name + ".", StringComparison.Ordinal)
        && candidate.Name[(name.Length + 1)..].All(char.IsAsciiHexDigitLower)
        && candidate.LinkTarget is null
        && (OperatingSystem.IsWindows() || candidate.UnixFileMode == OwnerOnly);

    private static void TryRemove(DirectoryInfo candidate)
    {
        try
        {
            // The lock file is the first thing in it: without one it is not of ours, or its maker is only just beginning.
            if (!File.Exists(Path.Combine(candidate.FullName, EdgeStateFiles.Lock)) || !candidate.EnumerateFileSystemInfos().All(IsFileOfOurs))
            {
                return;
            }

            using (StateLock.Take(candidate.FullName, EdgeStateFiles.Lock))
            {
                candidate.Delete(recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CertificateException)
        {
            // Somebody else's, or being made at this moment.
        }
    }

    /// <summary>One of the files, with or without what SQLite or the atomic writing adds to its name.</summary>
    private static bool IsFileOfOurs(FileSystemInfo entry) =>
        entry is FileInfo && entry.LinkTarget is null && Array.Exists(Files, file => entry.Name.TrimStart('.').StartsWith(file, StringComparison.Ordinal));
}
