using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Certificates.Files;

/// <summary>
/// Writes files so that a reader sees the old content or the new, never a part. Everything is on disk under temporary names before
/// the first name changes, so a full disk changes nothing.
/// </summary>
public sealed class AtomicFiles : IDisposable
{
    private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode WorldReadable = OwnerReadWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly List<(string Temporary, string Path)> _staged = [];

    /// <summary>Writes one file.</summary>
    /// <inheritdoc cref="StageAsync" path="/exception"/>
    public static async Task WriteAsync(
        string path, string text, FileProtection protection, CancellationToken cancellationToken, bool replace = true)
    {
        using var files = new AtomicFiles();
        await files.StageAsync(path, text, protection, cancellationToken, replace);
        files.Commit();
    }

    /// <summary>Puts the content on disk beside <paramref name="path"/>, with its final permissions, without changing <paramref name="path"/>.</summary>
    /// <param name="path">Where the file will be after <see cref="Commit"/>.</param>
    /// <param name="text">The content, written as UTF-8.</param>
    /// <param name="protection">Who may read it.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <param name="replace">Whether an existing file may be replaced.</param>
    /// <exception cref="CertificateException">Exists and must not be replaced, is a link, or cannot be written.</exception>
    public async Task StageAsync(
        string path, string text, FileProtection protection, CancellationToken cancellationToken, bool replace = true)
    {
        path = Path.GetFullPath(path);
        RefuseUnsuitableTarget(path, replace);
        var temporary = Path.Combine(
            Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}.tmp");
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                Options = FileOptions.Asynchronous,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerReadWrite;
            }

            await using var stream = new FileStream(temporary, options);
            _staged.Add((temporary, path));
            if (!OperatingSystem.IsWindows())
            {
                // Set on the handle, so that the process's umask has no say.
                File.SetUnixFileMode(stream.SafeFileHandle, ModeOf(protection));
            }

            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(path, exception);
        }
    }

    /// <summary>Gives every staged file its name, in the order of staging.</summary>
    /// <exception cref="CertificateException">A file could not be renamed; those before it have been.</exception>
    public void Commit()
    {
        while (_staged.Count > 0)
        {
            var (temporary, path) = _staged[0];
            try
            {
                File.Move(temporary, path, overwrite: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw WriteFailed(path, exception);
            }

            _staged.RemoveAt(0);
        }
    }

    /// <summary>Removes what was staged and not committed.</summary>
    public void Dispose()
    {
        foreach (var (temporary, _) in _staged)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Left behind with its permissions; the error that led here is the one to report.
            }
        }

        _staged.Clear();
    }

    private static UnixFileMode ModeOf(FileProtection protection) => protection switch
    {
        FileProtection.Public => WorldReadable,
        FileProtection.OwnerAndGroup => OwnerReadWrite | UnixFileMode.GroupRead,
        _ => OwnerReadWrite,
    };

    private static void RefuseUnsuitableTarget(string path, bool replace)
    {
        var target = new FileInfo(path);
        if (target.LinkTarget is not null || Directory.Exists(path))
        {
            throw new CertificateException(
                CertificateFault.NotARegularFile, $"{path} is a link or a directory. Remove it, or name the place where the file is to be.");
        }

        if (!replace && target.Exists)
        {
            throw new CertificateException(CertificateFault.AlreadyExists, $"{path} exists already. Move it away first if it is no longer needed.");
        }
    }

    private static CertificateException WriteFailed(string path, Exception exception) =>
        new(CertificateFault.WriteFailed, $"{path} cannot be written: {exception.Message} Nothing was changed there; check space and permissions of its directory.", exception);
}
