using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Certificates.Files;

/// <summary>
/// Keeps a state directory to one process: an exclusive lock of the operating system on a file in it. The kernel lets go when the process
/// ends, however it ends; the file stays and says nothing. A copy of the directory is another directory. A process that is replaced can give the open
/// file, and with it the lock, to its successor: the lock is free once neither has it open.
/// </summary>
public sealed class StateLock : IDisposable
{
    /// <summary>EWOULDBLOCK of Linux and macOS, and ERROR_SHARING_VIOLATION of Windows.</summary>
    private static readonly int[] Taken = [11, 35, unchecked((int)0x80070020)];

    private readonly SafeFileHandle? _file;

    private StateLock(SafeFileHandle? file) => _file = file;

    /// <summary>The open file, for a successor.</summary>
    /// <exception cref="InvalidOperationException">The directory is used without a lock.</exception>
    public SafeFileHandle Handle => _file ?? throw new InvalidOperationException("There is no lock.");

    /// <summary>The lock that a predecessor gave on.</summary>
    /// <param name="file">Its open file; owned from now on.</param>
    public static StateLock Adopt(SafeFileHandle file) => new(file);

    /// <summary>Takes the lock, without waiting.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="name">The lock file's name.</param>
    /// <exception cref="CertificateException">Another process has it (<see cref="CertificateFault.InUse"/>), or the file cannot be opened.</exception>
    public static StateLock Take(string directory, string name)
    {
        var path = Path.Combine(Path.GetFullPath(directory), name);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new StateLock(WithoutUnlocking(new FileStream(path, options)));
        }
        catch (IOException exception) when (Taken.Contains(exception.HResult))
        {
            throw new CertificateException(
                CertificateFault.InUse,
                $"Another process runs with the state directory {Path.GetDirectoryName(path)}. Stop it first, or give this one a directory of its own.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(CertificateFault.WriteFailed, $"{path} cannot be locked: {exception.Message} Check space and permissions of its directory.", exception);
        }
    }

    /// <summary>As <see cref="Take"/>, but a directory that cannot be written, such as a read-only mount, is used without a lock.</summary>
    /// <exception cref="CertificateException">Another process has it (<see cref="CertificateFault.InUse"/>).</exception>
    public static StateLock TakeIfWritable(string directory, string name)
    {
        try
        {
            return Take(directory, name);
        }
        catch (CertificateException exception) when (exception.Fault == CertificateFault.WriteFailed)
        {
            return new StateLock(null);
        }
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>The framework unlocks a file before it closes it, which would take the lock from a successor too; closing alone does not.</summary>
    private static SafeFileHandle WithoutUnlocking(FileStream stream)
    {
        using (stream)
        {
            var handle = stream.SafeFileHandle;
            var same = new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: true);
            handle.SetHandleAsInvalid();
            return same;
        }
    }
}
