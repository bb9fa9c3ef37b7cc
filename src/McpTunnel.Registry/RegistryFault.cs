namespace McpTunnel.Registry;

/// <summary>Why the registry did not do what it was asked.</summary>
public enum RegistryFault
{
    /// <summary>Another tunnel, perhaps an archived one, has this label.</summary>
    LabelTaken,

    /// <summary>The text cannot be a label.</summary>
    LabelInvalid,

    /// <summary>There is no such tunnel, token, certificate or key.</summary>
    NotFound,

    /// <summary>The tunnel is archived, and nothing of it changes any more.</summary>
    Archived,

    /// <summary>A page size, lifetime or name outside its range.</summary>
    OutOfRange,

    /// <summary>The last administrator's key would be gone.</summary>
    LastAdministrator,

    /// <summary>The tables are being brought up to date by somebody else, or somebody died while doing so.</summary>
    Locked,

    /// <summary>The database took no change: its disk is full or broken, or it may not be written.</summary>
    NotWritable,
}
