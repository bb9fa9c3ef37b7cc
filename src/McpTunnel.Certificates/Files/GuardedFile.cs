using System.Text;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Certificates.Files;

/// <summary>
/// Reads files that carry trust: regular files only, bounded, and for keys and secrets only when nobody else may read them. All
/// checks are made on the open handle, so a link or file swapped in between changes nothing. Links are followed: mounted secrets
/// are links.
/// </summary>
public static class GuardedFile
{
    private const UnixFileMode GroupOrOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Longer files are refused.</param>
    /// <param name="protection">What the file's permissions must be.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CertificateException">Missing, unreadable, not a regular file, too loose, too large or empty.</exception>
    public static async Task<byte[]> ReadAsync(string path, int maxBytes, FileProtection protection, CancellationToken cancellationToken)
    {
        try
        {
            // Opening a pipe would wait until somebody writes into it.
            RefuseUnlessRegular(path);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            if (protection != FileProtection.Public && !OperatingSystem.IsWindows())
            {
                RefuseLoosePermissions(path, File.GetUnixFileMode(handle), protection);
            }

            // One byte more than allowed tells a file at the limit from one beyond it, also when it grows while it is read.
            var buffer = new byte[maxBytes + 1];
            var length = 0;
            while (length < buffer.Length)
            {
                var read = await RandomAccess.ReadAsync(handle, buffer.AsMemory(length), length, cancellationToken);
                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            if (length > maxBytes)
            {
                throw new CertificateException(CertificateFault.TooLarge, $"{path} is longer than {maxBytes} bytes. Check that the path names the file you mean.");
            }

            if (length == 0)
            {
                throw new CertificateException(CertificateFault.Empty, $"{path} is empty. Write the file again, or restore it.");
            }

            return buffer.AsSpan(0, length).ToArray();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CertificateException(CertificateFault.FileMissing, $"{path} does not exist.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(CertificateFault.FileUnreadable, $"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a text file that must be UTF-8; a byte order mark is dropped.</summary>
    /// <exception cref="CertificateException">As <see cref="ReadAsync"/>, and not UTF-8.</exception>
    public static async Task<string> ReadTextAsync(string path, int maxBytes, FileProtection protection, CancellationToken cancellationToken)
    {
        var bytes = await ReadAsync(path, maxBytes, protection, cancellationToken);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (ArgumentException exception)
        {
            throw new CertificateException(CertificateFault.Malformed, $"{path} is not text.", exception);
        }
    }

    /// <summary>Reads a file with one secret in it; white space around the secret is dropped.</summary>
    /// <exception cref="CertificateException">As <see cref="ReadAsync"/>, and nothing but white space.</exception>
    public static async Task<Secret> ReadSecretAsync(
        string path, CancellationToken cancellationToken, FileProtection protection = FileProtection.OwnerOnly)
    {
        var text = (await ReadTextAsync(path, FileLimits.SecretBytes, protection, cancellationToken)).Trim();
        return text.Length > 0
            ? new Secret(text)
            : throw new CertificateException(CertificateFault.Empty, $"{path} holds nothing but white space. Write the secret into it.");
    }

    private static void RefuseUnlessRegular(string path)
    {
        // Follows links to the end, as opening does; a loop of links ends in an IOException.
        var target = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        if (Directory.Exists(target.FullName))
        {
            throw new CertificateException(CertificateFault.NotARegularFile, $"{path} is not a regular file.");
        }

        // Pipes, sockets and devices have no length; what is missing throws.
        if (target.Length == 0)
        {
            throw new CertificateException(CertificateFault.Empty, $"{path} is empty, or not a regular file. Write the file again, or restore it.");
        }
    }

    private static void RefuseLoosePermissions(string path, UnixFileMode mode, FileProtection protection)
    {
        var forbidden = protection == FileProtection.OwnerAndGroup ? GroupOrOthers & ~UnixFileMode.GroupRead : GroupOrOthers;
        if ((mode & forbidden) != 0)
        {
            var octal = Convert.ToString((int)mode, 8).PadLeft(4, '0');
            throw new CertificateException(
                CertificateFault.PermissionsTooLoose,
                $"{path} holds a secret, and others on this machine may use it (mode {octal}). Run: chmod {(protection == FileProtection.OwnerAndGroup ? "640" : "600")} {ShellText.Quote(path)}");
        }
    }
}
