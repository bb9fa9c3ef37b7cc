using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Cli.AdminApi;

/// <summary>How an edge's API is reached.</summary>
/// <param name="Edge">The edge: <c>https://tunnel.example.com[:port]</c>.</param>
/// <param name="ConnectTo">Dial this address in place of the name's own; null for DNS.</param>
/// <param name="Authorities">The CAs that may have issued the edge's certificate; null for the system's.</param>
/// <param name="Proxy">The proxy that enrolment goes through; null for none.</param>
/// <param name="IsOwnMachine">Whether the address is that of the edge on this machine, as its own files say.</param>
/// <param name="Management">The management listener of the edge on this machine; null where it is not known.</param>
internal sealed record EdgeConnection(Uri Edge, EndPoint? ConnectTo, X509Certificate2Collection? Authorities, IWebProxy? Proxy = null, bool IsOwnMachine = false, Uri? Management = null);
