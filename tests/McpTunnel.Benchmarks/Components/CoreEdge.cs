using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Sockets;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The edge's data path alone: links, relay, and nothing that judges. What the real edge costs more than this is the price of
/// registry, admission and counting. Ports: agents, links.
/// </summary>
internal sealed class CoreEdge : ILinkAuthorizer
{
    public const string Name = "core-edge";

    private readonly OwnNameQueue _ownNames = new();
    private readonly List<ILink> _links = [];

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        SocketCompletions.PreferInline();
        if (arguments is not [var certificateFile, var keyFile])
        {
            throw new ArgumentException("core-edge CERTIFICATE KEY", nameof(arguments));
        }

        using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var edge = new CoreEdge();
        await using var application = edge.Build(certificate, cancellationToken);
        await application.StartAsync(cancellationToken);
        using var agents = Listen();
        using var links = Listen();
        _ = AcceptAsync(agents, edge.RelayAsync, cancellationToken);
        _ = AcceptAsync(links, edge.HandToKestrelAsync, cancellationToken);
        await using var quic = QuicCarrier.IsSupported(out _) ? await edge.ListenQuicAsync(certificate, Port(links), cancellationToken) : null;
        await ComponentHost.ServeAsync($"{Port(agents)} {Port(links)}", cancellationToken);
        return 0;
    }

    public ValueTask<LinkDecision> AuthorizeAsync(LinkRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(LinkDecision.Accept("bench.tunnel.test"));

    public LinkDecision Register(ILink link, LinkRequest request, LinkDecision decision)
    {
        lock (_links)
        {
            _links.Add(link);
        }

        return decision;
    }

    private WebApplication Build(X509Certificate2 certificate, CancellationToken stopping)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ILinkAuthorizer>(this);
        builder.Services.AddSingleton(new LinkServerOptions("bench", new LinkOptions(), stopping));
        builder.Services.AddSingleton<IConnectionListenerFactory>(new OwnNameListenerFactory(_ownNames));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(new OwnNameEndPoint(), listen => listen.UseHttps(certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            }));
        });
        var application = builder.Build();
        application.MapTunnelLinks();
        return application;
    }

    /// <summary>On the number of the TCP port, as clients expect.</summary>
    private Task<QuicLinkListener> ListenQuicAsync(X509Certificate2 certificate, int port, CancellationToken cancellationToken)
    {
        var options = new QuicLinkListenerOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, port),
            Server = new LinkServerOptions("bench", new LinkOptions(), cancellationToken),
            Authorizer = this,
            ChooseTls = _ => new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            },
            Admission = new OpenDoor(),
        };
        return QuicLinkListener.StartAsync(options, TimeProvider.System, NullLogger.Instance, cancellationToken);
    }

    private Task HandToKestrelAsync(Socket socket)
    {
        _ownNames.TryHandOver(new OwnNameConnection(socket.RemoteEndPoint!.ToString()!, socket, [], 0, static () => { }));
        return Task.CompletedTask;
    }

    private async Task RelayAsync(Socket agent)
    {
        var stream = await OpenAsync(agent);
        await new Relay(agent, stream, MemoryPool<byte>.Shared, TimeProvider.System).RunAsync();
    }

    /// <summary>Apart from the relaying, so that nothing of it is held while bytes pass.</summary>
    private async Task<ILinkStream> OpenAsync(Socket agent)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ClientHelloReader.MaxBytes);
        try
        {
            var reader = new ClientHelloReader();
            var length = 0;
            ClientHelloInfo? hello;
            do
            {
                length += await agent.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None);
            }
            while (reader.TryRead(buffer.AsSpan(0, length), out hello) == ClientHelloStatus.NeedMore);

            var stream = Open();
            WritePreamble(stream, agent, hello?.ServerName);
            stream.Output.Write(buffer.AsSpan(0, length));
            await stream.Output.FlushAsync();
            return stream;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ILinkStream Open()
    {
        lock (_links)
        {
            return _links.Where(link => link.State == LinkState.Active).MinBy(link => link.StreamCount)!.OpenStream();
        }
    }

    private static void WritePreamble(ILinkStream stream, Socket agent, string? serverName)
    {
        var header = new ProxyHeader
        {
            Source = (IPEndPoint)agent.RemoteEndPoint!,
            Destination = (IPEndPoint)agent.LocalEndPoint!,
            Authority = serverName,
            UniqueId = "bench",
            EdgeNode = "bench",
        };
        stream.Output.Advance(ProxyHeaderWriter.Write(header, stream.Output.GetSpan(ProxyHeaderWriter.MaxLength)));
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static async Task AcceptAsync(Socket listener, Func<Socket, Task> serve, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(cancellationToken);
            socket.NoDelay = true;
            socket.Blocking = false;
            _ = Task.Run(() => serve(socket), cancellationToken);
        }
    }

    private sealed class OpenDoor : IQuicAdmission
    {
        public IQuicAdmitted? TryAdmit(IPAddress address) => new Guest();

        private sealed class Guest : IQuicAdmitted
        {
            public void HandshakeDone()
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
