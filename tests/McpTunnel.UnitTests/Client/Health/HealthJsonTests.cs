using System.Text.Json;
using McpTunnel.Client.Health;
using McpTunnel.Client.SelfCalls;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Health;

public sealed class HealthJsonTests
{
    [TestCase("\"good\"")]
    [TestCase("\"Good\"")]
    public void State_is_written_in_lower_case_and_read_as_older_clients_write_it_too(string written)
    {
        var options = HealthJson.Default.Options;

        Assert.That(JsonSerializer.Serialize(SelfCallState.Good, options), Is.EqualTo("\"good\""));
        Assert.That(JsonSerializer.Deserialize<SelfCallState>(written, options), Is.EqualTo(SelfCallState.Good));
    }
}
