using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.UnitTests.Protocol.Control;

/// <summary>One valid message of each type.</summary>
internal static class ControlSamples
{
    public const string Token = "mct_k3v7q2mz5xw4a6bt_n4c8d2e6f7g3h5j2k4m6p8q3r5s7t9v2_x7y2z4";

    public static HelloMessage Hello { get; } = new(
        Version: 1,
        Tunnel: "tnl_k3v7q2mz5xw4a6bt",
        Token: new Secret(Token),
        Instance: "host-7f3a",
        LinkIndex: 2,
        Generation: 41,
        Carrier: "tls",
        Software: "mcptunnel/0.1.0",
        Servers: [new("docs"), new("tickets")]);

    public static WelcomeMessage Welcome { get; } = new(
        Version: 1,
        Link: "lnk_1",
        Node: "edge-1",
        Domain: "acme.tunnel.example.com",
        new Keepalive(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15)),
        new LinkLimits(1000),
        [new OtherNode("edge-2", "edge-2.tunnel.example.com:8443")]);

    public static IReadOnlyList<ControlMessage> All { get; } =
    [
        Hello,
        Welcome,
        new ServersMessage([new("docs")]),
        new DrainingMessage("shutdown", "the host restarts"),
        new PingMessage(7),
        new PongMessage(7),
        RefusedMessage.For(TunnelCode.TooManyLinks, "5 of 4 links.", TimeSpan.FromSeconds(30)),
        new DrainMessage("edge_draining", TimeSpan.FromMilliseconds(1500), TimeSpan.FromMinutes(2), "upgrade"),
        CloseMessage.For(TunnelCode.Replaced, "A newer generation came."),
    ];
}
