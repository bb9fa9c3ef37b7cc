using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>One dial of one link.</summary>
/// <param name="Index">Which link of this client, as the edge knows it.</param>
/// <param name="Generation">Rises with each attempt of that index.</param>
/// <param name="Rungs">The carriers to try, best first; empty for what the choice says.</param>
public sealed record LinkAttempt(int Index, long Generation, IReadOnlyList<Carrier> Rungs);
