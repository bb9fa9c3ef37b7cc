namespace McpTunnel.Benchmarks.Variants;

internal static class Roles
{
    public const string Edge = "edge";
    public const string Client = "client";
    public const string Yarp = "yarp";
    public const string Sshd = "sshd";
    public const string Ssh = "ssh";
    public const string Upstream = "upstream";
    public const string Agents = "agents";
}
