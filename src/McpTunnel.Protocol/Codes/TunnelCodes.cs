using System.Collections.Frozen;

namespace McpTunnel.Protocol.Codes;

/// <summary>What a <see cref="TunnelCode"/> means to a machine.</summary>
/// <param name="Code">The code.</param>
/// <param name="Name">Its name on the wire, in metrics and in problem documents: snake_case, never changed.</param>
/// <param name="Retryable">Whether the same request may succeed later without anybody changing anything.</param>
/// <param name="HttpStatus">The status where the code surfaces over HTTP; 0 where it never does.</param>
public readonly record struct TunnelCodeInfo(TunnelCode Code, string Name, bool Retryable, int HttpStatus);

/// <summary>The table of all <see cref="TunnelCode"/> values. Thread-safe.</summary>
public static class TunnelCodes
{
    private static readonly TunnelCodeInfo[] Table = BuildTable();

    private static readonly FrozenDictionary<string, TunnelCodeInfo> ByName =
        Table.ToFrozenDictionary(info => info.Name, StringComparer.Ordinal);

    /// <summary>All codes, in the order of the enum.</summary>
    public static IReadOnlyList<TunnelCodeInfo> All => Table;

    /// <summary>What <paramref name="code"/> means.</summary>
    public static TunnelCodeInfo Info(this TunnelCode code) => Table[(int)code];

    /// <summary>The name of <paramref name="code"/> on the wire.</summary>
    public static string WireName(this TunnelCode code) => Table[(int)code].Name;

    /// <summary>Finds a code by its wire name; false for a name this version does not know.</summary>
    public static bool TryParse(string name, out TunnelCodeInfo info) => ByName.TryGetValue(name, out info);

    private static TunnelCodeInfo[] BuildTable()
    {
        var codes = Enum.GetValues<TunnelCode>();
        var table = new TunnelCodeInfo[codes.Length];
        foreach (var code in codes)
        {
            var (retryable, status) = Meaning(code);
            table[(int)code] = new TunnelCodeInfo(code, SnakeCase(code.ToString()), retryable, status);
        }

        return table;
    }

    private static (bool Retryable, int HttpStatus) Meaning(TunnelCode code) => code switch
    {
        TunnelCode.UnknownTunnel => (false, 404),
        TunnelCode.TunnelArchived => (false, 410),
        TunnelCode.TokenInvalid => (false, 401),
        TunnelCode.TokenExpired => (false, 401),
        TunnelCode.TokenRevoked => (false, 401),
        TunnelCode.CertificateRequired => (false, 401),
        TunnelCode.CertificateInvalid => (false, 403),
        TunnelCode.CertificateExpired => (false, 403),
        TunnelCode.CertificateRevoked => (false, 403),
        TunnelCode.IdentityMismatch => (false, 403),
        TunnelCode.VersionUnsupported => (false, 426),
        TunnelCode.UpgradeRequired => (true, 426),
        TunnelCode.HelloInvalid => (false, 400),
        TunnelCode.HelloTimeout => (true, 408),
        TunnelCode.TooManyLinks => (true, 429),
        TunnelCode.RateLimited => (true, 429),
        TunnelCode.EdgeDraining => (true, 503),
        TunnelCode.EdgeOverloaded => (true, 503),
        TunnelCode.Replaced => (false, 0),
        TunnelCode.Shutdown => (true, 0),
        TunnelCode.PeerDead => (true, 0),
        TunnelCode.ProtocolError => (true, 0),
        TunnelCode.FlowControlError => (true, 0),
        TunnelCode.MessageTooLong => (true, 0),
        TunnelCode.TransportError => (true, 0),
        TunnelCode.InternalError => (true, 500),
        TunnelCode.NotTls => (false, 0),
        TunnelCode.NoServerName => (false, 0),
        TunnelCode.ClientHelloMalformed => (false, 0),
        TunnelCode.ClientHelloTooLarge => (false, 0),
        TunnelCode.ClientHelloTimeout => (true, 0),
        TunnelCode.UnknownName => (false, 0),
        TunnelCode.NoLink => (true, 0),
        TunnelCode.StreamLimit => (true, 0),
        TunnelCode.SourceLimit => (true, 0),
        TunnelCode.StreamOpenFailed => (true, 0),
        TunnelCode.ProxyHeaderMalformed => (false, 0),
        TunnelCode.Misdirected => (false, 421),
        TunnelCode.RequestMalformed => (false, 400),
        TunnelCode.PathNotExposed => (false, 404),
        TunnelCode.OriginNotAllowed => (false, 403),
        TunnelCode.AuthenticationRequired => (false, 401),
        TunnelCode.AuthenticationUnavailable => (true, 503),
        TunnelCode.InvalidToken => (false, 401),
        TunnelCode.InsufficientScope => (false, 403),
        TunnelCode.RequestBodyTooLarge => (false, 413),
        TunnelCode.UpstreamAddressForbidden => (false, 502),
        TunnelCode.UpstreamUnreachable => (true, 502),
        TunnelCode.UpstreamTimeout => (true, 504),
        TunnelCode.UpstreamFailed => (true, 502),
        TunnelCode.SigningRequestInvalid => (false, 400),
        TunnelCode.KeyNotAccepted => (false, 400),
        TunnelCode.AdminKeyInvalid => (false, 401),
        TunnelCode.AdminKeyForbidden => (false, 403),
        TunnelCode.NotFound => (false, 404),
        TunnelCode.LabelTaken => (false, 409),
        TunnelCode.LabelInvalid => (false, 400),
        TunnelCode.LastAdministrator => (false, 409),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The code has no meaning yet."),
    };

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}
