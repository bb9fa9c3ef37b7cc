using System.Buffers;
using System.Globalization;
using System.Text;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// The bounds of single fields. Each returns null, or what is wrong: the field and the bound, never the value, which may be
/// a secret or a stranger's text.
/// </summary>
internal static class Rules
{
    // Printable ASCII without space: what is safe in logs, metrics and headers as it stands.
    private static readonly SearchValues<char> IdentifierCharacters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c)]);

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static string? Range(string field, long value, long least, long most) =>
        value >= least && value <= most ? null : string.Create(CultureInfo.InvariantCulture, $"{field} must be from {least} to {most}");

    public static string? Time(string field, TimeSpan value, TimeSpan least) =>
        Range(field, (long)value.TotalMilliseconds, (long)least.TotalMilliseconds, (long)ControlLimits.MaxTime.TotalMilliseconds);

    public static string? Identifier(string field, string value) => Printable(field, value, ControlLimits.MaxIdentifierLength);

    public static string? Token(string field, Secret value) => Printable(field, value.Reveal(), ControlLimits.MaxTokenLength);

    public static string? Host(string field, string value) =>
        IsHost(value) ? null : $"{field} must be a host name in lower case";

    public static string? Servers(string field, IReadOnlyList<AnnouncedServer> servers)
    {
        if (servers.Count > ControlLimits.MaxServers)
        {
            return $"{field} must have at most {ControlLimits.MaxServers} entries";
        }

        for (var i = 0; i < servers.Count; i++)
        {
            // The elements' own nullability is not checked by the JSON reader.
            if ((AnnouncedServer?)servers[i] is null || !IsLabel(servers[i].Name))
            {
                return $"{field}[{i}].name must be a DNS label in lower case";
            }
        }

        return null;
    }

    public static string? OtherNodes(string field, IReadOnlyList<OtherNode> nodes)
    {
        if (nodes.Count > ControlLimits.MaxOtherNodes)
        {
            return $"{field} must have at most {ControlLimits.MaxOtherNodes} entries";
        }

        for (var i = 0; i < nodes.Count; i++)
        {
            if ((OtherNode?)nodes[i] is null)
            {
                return $"{field}[{i}] must be an object";
            }

            var problem = Identifier($"{field}[{i}].node", nodes[i].Node)
                ?? Printable($"{field}[{i}].authority", nodes[i].Authority, ControlLimits.MaxAuthorityLength);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? Printable(string field, string value, int most) =>
        value.Length >= 1 && value.Length <= most && !value.AsSpan().ContainsAnyExcept(IdentifierCharacters)
            ? null
            : $"{field} must be 1 to {most} printable ASCII characters without spaces";

    private static bool IsLabel(string name) =>
        name.Length is >= 1 and <= HostName.MaxLabelLength
        && !name.AsSpan().ContainsAnyExcept(LabelCharacters)
        && name[0] != '-' && name[^1] != '-';

    private static bool IsHost(string name) =>
        name.Length <= HostName.MaxLength
        && HostName.TryNormalize(Encoding.UTF8.GetBytes(name), out var normalized)
        && normalized == name;
}
