using McpTunnel.Configuration.Loading;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Edge.Configuration;

/// <summary>Conditions between several options of an edge.</summary>
public sealed class EdgeOptionsValidator : IConfigurationValidator<EdgeOptions>
{
    /// <summary>"&lt;server&gt;.&lt;label&gt;." before the domain, each label of up to 63 characters, and all within a DNS name's 253.</summary>
    private const int MaxDomainLength = 253 - (2 * 64);

    public void Validate(EdgeOptions options, ValidationContext context)
    {
        if (options.Domain?.Length > MaxDomainLength)
        {
            context.Error(
                options,
                nameof(EdgeOptions.Domain),
                $"The domain has {options.Domain.Length} characters, which leaves too few for <server>.<label>. before it",
                $"Use a domain of at most {MaxDomainLength} characters");
        }

        // It stands in the preamble of every stream and in logs, where a space would split it.
        CheckNodeName(options, nameof(EdgeOptions.Node), options.Node, context);
        CheckOtherNodes(options.OtherNodes, context);
        CheckAddresses(options, context);
        CheckCertificate(options.Certificate, context);
        CheckLimits(options.Limits, context);
    }

    private static void CheckNodeName(object owner, string property, string name, ValidationContext context)
    {
        if (name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            context.Error(owner, property, "The node name has spaces or characters outside ASCII", "Write letters, digits and hyphens, such as edge-1");
        }
    }

    private static void CheckOtherNodes(IReadOnlyList<OtherNodeOptions> nodes, ValidationContext context)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes.Where(context.IsSound))
        {
            CheckNodeName(node, nameof(OtherNodeOptions.Node), node.Node, context);
            if (!names.Add(node.Node))
            {
                context.Error(node, nameof(OtherNodeOptions.Node), $"There are two nodes named '{node.Node}'", "Give each node the name that its own edge.yaml says");
            }

            if (node.Address.Port == 0)
            {
                context.Error(node, nameof(OtherNodeOptions.Address), "A node does not take links on port 0", "Write the port on which clients reach it, such as 443");
            }
        }
    }

    private static void CheckAddresses(EdgeOptions options, ValidationContext context)
    {
        var seen = new HashSet<HostEndPoint>();
        for (var i = 0; i < options.Listen.Count; i++)
        {
            var address = options.Listen[i];
            if (!address.TryGetIPEndPoint(out _))
            {
                context.Error(options, nameof(EdgeOptions.Listen), $"'{address}' is not an IP address and a port", "Write an address of this machine, such as 0.0.0.0:443 or [::]:443", i);
            }
            else if (address.Port != 0 && !seen.Add(address))
            {
                context.Error(options, nameof(EdgeOptions.Listen), $"'{address}' is listed twice", "Keep one of the two", i);
            }
        }

        if (!options.Management.TryGetIPEndPoint(out _))
        {
            context.Error(
                options, nameof(EdgeOptions.Management), $"'{options.Management}' is not an IP address and a port", "Write an address of this machine, such as 127.0.0.1:9465");
        }
        else if (options.Management.Port != 0 && seen.Contains(options.Management))
        {
            context.Error(options, nameof(EdgeOptions.Management), $"'{options.Management}' is also under 'listen'", "Give health and metrics a port of their own");
        }
    }

    private static void CheckCertificate(EdgeCertificateOptions certificate, ValidationContext context)
    {
        if (certificate.CertificateFile is null != certificate.KeyFile is null)
        {
            context.Error(
                certificate,
                property: null,
                "One of 'certificateFile' and 'keyFile' is set and the other is not",
                "Set both, or neither to use the pair in the state directory");
        }
    }

    private static void CheckLimits(EdgeLimitOptions limits, ValidationContext context)
    {
        if (limits.LinksPerInstance > limits.LinksPerTunnel)
        {
            context.Error(
                limits,
                nameof(EdgeLimitOptions.LinksPerInstance),
                $"{limits.LinksPerInstance} links per instance are more than the {limits.LinksPerTunnel} per tunnel",
                "Lower 'linksPerInstance' or raise 'linksPerTunnel'");
        }

        if (limits.Links > limits.OwnNameConnections)
        {
            context.Error(
                limits,
                nameof(EdgeLimitOptions.Links),
                $"{limits.Links} links cannot come over {limits.OwnNameConnections} connections to the edge's own names",
                "Lower 'links' or raise 'ownNameConnections'");
        }
    }
}
