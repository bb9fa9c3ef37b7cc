using System.Net;
using McpTunnel.Client.Egress;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Answers name look-ups as the test says.</summary>
internal sealed class ScriptedResolver(Func<string, IPAddress[]> answer) : IHostResolver
{
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult(answer(host));
}
