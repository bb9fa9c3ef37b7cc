using System.Net.Quic;
using System.Net.Security;
using System.Reflection;

namespace McpTunnel.Transport.Quic;

/// <summary>What both ends of the quic carrier agree on, and whether this process can use it.</summary>
public static class QuicCarrier
{
    /// <summary>The application protocol (ALPN) of a link over QUIC.</summary>
    public const string Protocol = "mcp-tunnel/1";

    /// <summary>
    /// QUIC's own idle time-out (RFC 9000 section 10.1). 30 s: longer than our liveness needs, which so is the one to decide, and what
    /// most firewalls keep a UDP flow for.
    /// </summary>
    internal static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// QUIC's own pings (RFC 9000 section 10.1.2). 10 s, a third of the idle time-out, so that two may be lost. A link that is up
    /// asks more often itself; this covers a handshake that waits.
    /// </summary>
    internal static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What each direction of a stream may have on its way before anything is read: 256 KiB, as in the other carriers. The native library
    /// doubles it when a stream uses it up within a round trip.
    /// </summary>
    internal const int StreamWindow = 256 * 1024;

    /// <summary>
    /// The most that all streams of a link together may have waiting here. It is QUIC's limit for a connection (RFC 9000 section 4.1), which is also the
    /// ceiling of a stream's window. 1 GiB: with less, streams whose readers stall would use it up and stop the whole link.
    /// </summary>
    internal const int ConnectionWindow = 1024 * 1024 * 1024;

    /// <summary>QUIC counts streams in 16 bits in the native library.</summary>
    internal const int MaxStreams = ushort.MaxValue;

    private static readonly Lazy<string?> Problem = new(() => FindProblem(() => QuicConnection.IsSupported, QuicLibrary.FindLoadProblem));

    private static readonly Lazy<string> Library = new(FindLibraryVersion);

    /// <summary>The version of the native library; <c>none</c> where QUIC does not work, <c>unknown</c> where it does not say.</summary>
    public static string LibraryVersion => Problem.Value is null ? Library.Value : "none";

    internal static List<SslApplicationProtocol> Protocols => [new(Protocol)];

    /// <summary>Whether QUIC works here. Never throws: a library that is absent or broken only means that links use another carrier.</summary>
    /// <param name="reason">Why not, and what to do; empty when it works.</param>
    public static bool IsSupported(out string reason)
    {
        reason = Problem.Value ?? "";
        return Problem.Value is null;
    }

    /// <summary>The reason why QUIC does not work here; null when it does.</summary>
    /// <param name="isSupported">What the framework says.</param>
    /// <param name="findLoadProblem">Why a library that is there does not load; null when there is none, or it loads.</param>
    internal static string? FindProblem(Func<bool> isSupported, Func<string?> findLoadProblem)
    {
        try
        {
            return isSupported() ? null
                : findLoadProblem() is { } problem ? $"The native QUIC library is there and does not load: {problem} Install what it needs, reinstall libmsquic, or remove it."
                : "The native QUIC library (libmsquic 2.2 or newer, with IPv6 in the kernel) was not found. Install libmsquic to use QUIC.";
        }
        catch (Exception e)
        {
            // A library that loads and does not start: of another make, or short of what a container allows.
            return $"The native QUIC library does not start: {e.GetBaseException().Message} Reinstall libmsquic, or remove it.";
        }
    }

    /// <summary>The framework knows it and tells nobody. Should it keep it elsewhere one day, nothing but this text is lost.</summary>
    private static string FindLibraryVersion()
    {
        var text = typeof(QuicConnection).Assembly.GetType("System.Net.Quic.MsQuicApi")?
            .GetProperty("MsQuicLibraryVersion", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)?
            .GetValue(null) as string;

        // The library's file, its version, and the commit it was built from.
        return text?.Split(' ').FirstOrDefault(part => Version.TryParse(part, out _)) ?? "unknown";
    }

    /// <summary>What both ends set in the same way.</summary>
    internal static void Configure(QuicConnectionOptions options, LinkOptions link)
    {
        options.DefaultCloseErrorCode = (long)QuicErrorCode.Closed;
        options.DefaultStreamErrorCode = (long)QuicErrorCode.StreamReset;
        options.MaxInboundUnidirectionalStreams = 0;
        options.HandshakeTimeout = link.HandshakeTimeout;
        options.IdleTimeout = IdleTimeout;
        options.KeepAliveInterval = KeepAlive;
        options.InitialReceiveWindowSizes.Connection = ConnectionWindow;
        options.InitialReceiveWindowSizes.LocallyInitiatedBidirectionalStream = StreamWindow;
        options.InitialReceiveWindowSizes.RemotelyInitiatedBidirectionalStream = StreamWindow;
    }
}
