using McpTunnel.Transport;

namespace McpTunnel.Edge.Directory;

/// <summary>A live link and what is known of it since its registration.</summary>
internal sealed record LinkEntry(
    ILink Link,
    string Domain,
    CredentialDigests Credentials,
    string Software,
    string RemoteAddress,
    DateTimeOffset Since)
{
    public LinkIdentity Identity => Link.Identity;

    /// <summary>Whether both are the same link of the same client process, in two generations.</summary>
    public bool IsSameSlot(string instance, int index) =>
        Identity.LinkIndex == index && string.Equals(Identity.Instance, instance, StringComparison.Ordinal);
}
