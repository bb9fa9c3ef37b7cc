using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Configuration.Loading;

/// <summary>The bytes of one file at one moment, bounded and decoded.</summary>
/// <param name="Path">As given.</param>
/// <param name="Text">Its text; null when it could not be used, for a reason that was reported.</param>
/// <param name="Digest">SHA-256 of the bytes in hexadecimal, or a word for why there are none.</param>
internal sealed record SourceFile(string Path, string? Text, string Digest)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads at most the limit and one byte, whatever the file claims its length to be; nothing that is not a regular file.</summary>
    public static SourceFile ReadIfFile(string path, ICollection<ConfigurationError> errors) =>
        HasContents(path) ? Read(path, errors) : Refuse(path, "empty", "The file is empty, or not a regular file", "Write the options, or remove the file", errors);

    private static SourceFile Read(string path, ICollection<ConfigurationError> errors)
    {
        byte[] bytes;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bytes = new byte[ConfigurationLimits.MaxFileBytes + 1];
            bytes = bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            var (message, remedy) = exception is FileNotFoundException or DirectoryNotFoundException
                ? ("The file does not exist", "Create it, or name the right path")
                : ($"The file cannot be read: {exception.Message.TrimEnd('.')}", "Check its kind, owner and permissions");
            return Refuse(path, "unreadable", message, remedy, errors);
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (bytes.Length > ConfigurationLimits.MaxFileBytes)
        {
            return Refuse(path, digest, $"The file is larger than {ConfigurationLimits.MaxFileBytes} bytes", "Split it, or check that it is the right file", errors);
        }

        try
        {
            var text = StrictUtf8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsSpan(3) : bytes);
            return text.Contains('\0')
                ? Refuse(path, digest, "The file has NUL characters", "Save it as UTF-8 text", errors)
                : new SourceFile(path, text, digest);
        }
        catch (DecoderFallbackException)
        {
            return Refuse(path, digest, "The file is not UTF-8 text", "Save it as UTF-8", errors);
        }
    }

    /// <summary>Reads the directory's visible <c>*.yaml</c> files in the order of their names.</summary>
    public static IReadOnlyList<SourceFile> ReadDirectory(string directory, ICollection<ConfigurationError> errors)
    {
        string[] paths;
        try
        {
            // Hidden names are editors' temporary files and the inner links of mounted volumes.
            paths = [.. Directory.EnumerateFiles(directory, "*.yaml")
                .Where(path => !System.IO.Path.GetFileName(path).StartsWith('.'))
                .Take(ConfigurationLimits.MaxDropInFiles + 1)
                .Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [Refuse(directory, "unreadable", $"The directory cannot be read: {exception.Message.TrimEnd('.')}", "Check its owner and permissions", errors)];
        }

        return paths.Length > ConfigurationLimits.MaxDropInFiles
            ? [Refuse(directory, "crowded", $"The directory has more than {ConfigurationLimits.MaxDropInFiles} files", "Join or remove some", errors)]
            : [.. paths.Select(path => ReadIfFile(path, errors))];
    }

    /// <summary>
    /// Pipes and devices have no length. Opening a pipe waits until somebody writes into it, so that one owner's could keep the program
    /// from starting, and from seeing any change later.
    /// </summary>
    private static bool HasContents(string path)
    {
        try
        {
            return new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path).Length > 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Reading it says why.
            return true;
        }
    }

    private static SourceFile Refuse(string path, string digest, string message, string remedy, ICollection<ConfigurationError> errors)
    {
        errors.Add(new ConfigurationError(SourceLocation.WholeFile(path), message, remedy));
        return new SourceFile(path, null, digest);
    }
}
