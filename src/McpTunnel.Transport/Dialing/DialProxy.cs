using System.Collections.Concurrent;
using System.Net;

namespace McpTunnel.Transport.Dialing;

/// <summary>
/// The proxy of one dial, fixed beforehand. The framework asks for credentials once for each scheme that the proxy wants and that it
/// knows, strongest first; what it asked for is remembered, since its own error does not say.
/// </summary>
internal sealed class DialProxy(Uri address, ICredentials? credentials) : IWebProxy, ICredentials
{
    private readonly ConcurrentQueue<string> _wanted = new();

    /// <summary>Host and port, without credentials that the environment may have put into the URL.</summary>
    public string Name => address.Authority;

    /// <summary>Schemes that the proxy asked for, until credentials for one were found.</summary>
    public IReadOnlyList<string> Wanted => [.. _wanted.Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Whether credentials for one of them were found.</summary>
    public bool Answered { get; private set; }

    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException("They are fixed.");
    }

    public Uri GetProxy(Uri destination) => address;

    public bool IsBypassed(Uri host) => false;

    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        _wanted.Enqueue(authType);
        var found = credentials?.GetCredential(uri, authType);
        Answered |= found is not null;
        return found;
    }
}
