using System.Globalization;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.Proxying;
using McpTunnel.Configuration.Values;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>What the clients of one process start from.</summary>
/// <param name="Root">Where their state directories are.</param>
/// <param name="First">The number of the first of them.</param>
/// <param name="Links">Links of each.</param>
/// <param name="Carrier">What they run on.</param>
/// <param name="Domain">The edge's domain.</param>
/// <param name="Port">The edge's port on loopback.</param>
/// <param name="EdgeCa">Who issued the edge's certificate.</param>
internal sealed record FleetPlace(string Root, int First, int Links, Carrier Carrier, string Domain, int Port, string EdgeCa)
{
    public string[] ToArguments() =>
        [Root, Text(First), Text(Links), Carrier.ToString(), Domain, Text(Port), EdgeCa];

    public static FleetPlace Parse(string[] arguments) => arguments is [var root, var first, var links, var carrier, var domain, var port, var edgeCa]
        ? new FleetPlace(root, Number(first), Number(links), Enum.Parse<Carrier>(carrier), domain, Number(port), edgeCa)
        : throw new ArgumentException("fleet ROOT FIRST LINKS CARRIER DOMAIN PORT EDGE-CA", nameof(arguments));

    /// <summary>One client, not started.</summary>
    public async Task<LinkSupervisor> CreateAsync(int index, Action<ILink> attach, CancellationToken cancellationToken)
    {
        var state = FleetEnrolment.DirectoryOf(Root, First + index);
        var options = new ClientOptions
        {
            Edge = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{Domain}:{Port}")),
            EdgeEndPoints = [new HostEndPoint("127.0.0.1", Port)],
            EdgeCaFile = EdgeCa,
            StateDirectory = state,
            Links = new LinksOptions { Count = Links, Carriers = [Carrier] },
        };
        var enrolment = await EnrolmentRecord.ReadAsync(state, cancellationToken);
        var memory = await CarrierMemory.OpenAsync(state, TimeProvider.System, NullLogger.Instance, cancellationToken);
        var starter = new LinkStarter(options, enrolment, static () => ["docs"], memory, new EdgeProxy(options.Proxy, addressIsNamed: options.EdgeEndPoints.Count > 0, TimeProvider.System), new SystemHostResolver(), TimeProvider.System, NullLoggerFactory.Instance);
        return new LinkSupervisor(starter.DialAsync, attach, starter.Choice, starter.SupervisorOptions, TimeProvider.System, NullLoggerFactory.Instance);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
