namespace McpTunnel.Edge.Ingress;

/// <summary>Whom an SNI name is for. Names are lower case.</summary>
internal sealed class EdgeNames
{
    private readonly string _suffix;

    /// <param name="domain">The edge's domain in lower case.</param>
    public EdgeNames(string domain)
    {
        Domain = domain;
        Link = "link." + domain;
        _suffix = "." + domain;
    }

    /// <summary>The name of the API and of enrolment.</summary>
    public string Domain { get; }

    /// <summary>The name that clients dial for links.</summary>
    public string Link { get; }

    public bool IsOwn(string name) =>
        string.Equals(name, Domain, StringComparison.Ordinal) || IsLink(name);

    public bool IsLink(string name) => string.Equals(name, Link, StringComparison.Ordinal);

    /// <summary>
    /// The tunnel's label in <c>&lt;server&gt;.&lt;label&gt;.&lt;edge domain&gt;</c>; empty for any other shape, above all for a name outside the
    /// edge's domain: nothing is ever looked up, let alone dialled, for it.
    /// </summary>
    public ReadOnlySpan<char> TunnelLabel(string name)
    {
        if (!name.EndsWith(_suffix, StringComparison.Ordinal))
        {
            return default;
        }

        var labels = name.AsSpan(0, name.Length - _suffix.Length);
        var dot = labels.IndexOf('.');
        return dot > 0 && dot < labels.Length - 1 && labels[(dot + 1)..].IndexOf('.') < 0 ? labels[(dot + 1)..] : default;
    }
}
