namespace McpTunnel.Certificates.Files;

/// <summary>Who may read a file.</summary>
public enum FileProtection
{
    /// <summary>Certificates and descriptions: 0644 when written, not checked when read.</summary>
    Public,

    /// <summary>Keys and secrets: 0600 when written; anything for group or others is refused when read.</summary>
    OwnerOnly,

    /// <summary>
    /// As <see cref="OwnerOnly"/>, but the group may read (0640, 0440): secrets that Kubernetes mounts for a process that is not
    /// root arrive this way.
    /// </summary>
    OwnerAndGroup,
}
