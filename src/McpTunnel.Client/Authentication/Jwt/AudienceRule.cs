using System.Collections.Frozen;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Which values of <c>aud</c> mean this server. Scheme and host are compared without case and a final slash is overlooked, since
/// agents write the same resource in these ways; anything else must be equal. Immutable.
/// </summary>
internal sealed class AudienceRule
{
    private readonly FrozenSet<string> _accepted;

    public AudienceRule(IEnumerable<string> accepted) => _accepted = accepted.Select(Normalize).ToFrozenSet(StringComparer.Ordinal);

    public bool Accepts(IEnumerable<string> audiences) => audiences.Any(audience => _accepted.Contains(Normalize(audience)));

    private static string Normalize(string audience)
    {
        var isUrl = Uri.TryCreate(audience, UriKind.Absolute, out var url) && url.Scheme is "https" or "http";
        if (!isUrl || url!.UserInfo.Length > 0 || url.Fragment.Length > 0 || audience.EndsWith('#'))
        {
            return audience;
        }

        // The path as written: the parser would take the dots out of it.
        var authorityEnd = audience.IndexOf('/', audience.IndexOf("://", StringComparison.Ordinal) + 3);
        var rest = authorityEnd < 0 ? "" : audience[authorityEnd..];
        return url.GetLeftPart(UriPartial.Authority) + (rest.EndsWith('/') ? rest[..^1] : rest);
    }
}
