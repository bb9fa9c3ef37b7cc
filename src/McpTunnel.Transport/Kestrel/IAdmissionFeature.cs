namespace McpTunnel.Transport.Kestrel;

/// <summary>By which the boundary says that a connection is a good agent's. Found in the features of every connection that came down a link. Thread-safe.</summary>
public interface IAdmissionFeature
{
    /// <summary>A call was let in: from now on the connection is no longer <see cref="ConnectionLimits.Pending"/>. Costs next to nothing when said again.</summary>
    void LetIn();
}
