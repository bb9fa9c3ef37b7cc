namespace McpTunnel.Registry.Storage;

/// <summary>Things asked for that are not there. Ids come from outside, so they are cut before they are repeated.</summary>
internal static class Missing
{
    private const int LongestEcho = 64;

    public static RegistryException Tunnel(string id) => Of("tunnel", id);

    public static RegistryException Of(string kind, string id) =>
        new(RegistryFault.NotFound, $"There is no {kind} '{(id.Length <= LongestEcho ? id : id[..LongestEcho] + "…")}'.");
}
