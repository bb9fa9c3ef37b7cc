using System.Net;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport.Kestrel;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Kestrel;

[CancelAfter(30_000)]
public sealed class UnservedNameTests
{
    [Test]
    public async Task Attach_name_not_served_is_answered_with_the_alert_and_the_others_go_on(CancellationToken cancellationToken)
    {
        await using var pair = await LinkPair.CreateAsync();
        var factory = new LinkConnectionListenerFactory(name => name == "docs.acme.tunnel.test", TimeProvider.System, NullLoggerFactory.Instance);
        await using var listener = await factory.BindAsync(new LinkEndPoint(), cancellationToken);
        factory.Attach(pair.Client);

        await using var wrong = pair.Edge.OpenStream();
        await wrong.Output.WriteAsync(Preamble("other.acme.tunnel.test"), cancellationToken);
        Assert.That(await StreamBytes.ReadToEndAsync(wrong.Input), Is.EqualTo(TlsAlert.Fatal(TlsAlertDescription.UnrecognizedName).ToArray()));

        await using var right = pair.Edge.OpenStream();
        await right.Output.WriteAsync(Preamble("docs.acme.tunnel.test"), cancellationToken);
        await using var accepted = await listener.AcceptAsync(cancellationToken);
        Assert.That(accepted!.Features.Get<ITunnelConnectionFeature>()!.ServerName, Is.EqualTo("docs.acme.tunnel.test"));
    }

    private static byte[] Preamble(string name)
    {
        var header = new ProxyHeader { Source = new IPEndPoint(IPAddress.Loopback, 4711), Authority = name, UniqueId = "cn-1", EdgeNode = "edge-test" };
        var bytes = new byte[ProxyHeaderWriter.MaxLength];
        return bytes[..ProxyHeaderWriter.Write(header, bytes)];
    }
}
