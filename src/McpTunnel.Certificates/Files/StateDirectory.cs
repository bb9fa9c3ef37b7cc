namespace McpTunnel.Certificates.Files;

/// <summary>A directory with keys in it: 0700.</summary>
public static class StateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes the directory (and its parents) if it is missing, and checks it otherwise.</summary>
    /// <exception cref="CertificateException">It cannot be made, is not a directory, or others may write into it.</exception>
    public static void Ensure(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            if (Directory.Exists(path))
            {
                Check(path);
            }
            else if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                if (Path.GetDirectoryName(path) is { } parent)
                {
                    Directory.CreateDirectory(parent);
                }

                Directory.CreateDirectory(path, OwnerOnly);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                CertificateFault.WriteFailed, $"The directory {path} cannot be made: {exception.Message} Check the permissions of its parent, or name another one.", exception);
        }
    }

    /// <summary>Refuses a directory where others could swap a key for their own.</summary>
    /// <exception cref="CertificateException">Others may write into it.</exception>
    public static void Check(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & WritableByOthers) != 0)
        {
            throw new CertificateException(
                CertificateFault.PermissionsTooLoose, $"Others on this machine may write into {path}. Run: chmod 700 {ShellText.Quote(path)}");
        }
    }
}
