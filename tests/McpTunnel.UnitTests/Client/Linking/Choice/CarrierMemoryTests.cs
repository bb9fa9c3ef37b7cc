using McpTunnel.Client.Linking.Choice;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking.Choice;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CarrierMemoryTests : IDisposable
{
    private readonly ScratchDirectory _state = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-03-01T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
    private readonly LogRecord _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _state.Dispose();
    }

    [Test]
    public async Task Nothing_is_known_at_the_first_start()
    {
        Assert.That((await OpenAsync()).LastGood, Is.Null);
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    public async Task Carrier_that_worked_is_where_the_next_start_begins_and_better_ones_are_still_probed()
    {
        await (await OpenAsync()).RememberAsync(Carrier.Tls, CancellationToken.None);

        var choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = [Carrier.Quic, Carrier.Tls], LastGood = (await OpenAsync()).LastGood }, _time);
        var began = (choice.Current, choice.Report.Reason);
        _time.Advance(TimeSpan.FromSeconds(30));
        var probe = choice.TakeProbe();
        choice.Worked(Carrier.Quic);

        Assert.That(began, Is.EqualTo((Carrier.Tls, "worked when this client last ran")));
        Assert.That((probe, choice.Current), Is.EqualTo((new[] { Carrier.Quic }, Carrier.Quic)));
    }

    [Test]
    public async Task It_is_believed_for_a_day()
    {
        await (await OpenAsync()).RememberAsync(Carrier.Websocket, CancellationToken.None);

        _time.Advance(CarrierMemory.Believed - TimeSpan.FromSeconds(1));
        var within = (await OpenAsync()).LastGood;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That((within, (await OpenAsync()).LastGood), Is.EqualTo(((Carrier?)Carrier.Websocket, (Carrier?)null)));
    }

    [Test]
    public async Task Client_that_runs_for_days_keeps_it_fresh_without_writing_for_each_link()
    {
        var memory = await OpenAsync();
        await memory.RememberAsync(Carrier.Tls, CancellationToken.None);
        File.Delete(_state[CarrierMemory.FileName]);

        await memory.RememberAsync(Carrier.Tls, CancellationToken.None);
        var atOnce = File.Exists(_state[CarrierMemory.FileName]);
        _time.Advance(CarrierMemory.WriteAgain);
        await memory.RememberAsync(Carrier.Tls, CancellationToken.None);

        Assert.That((atOnce, (await OpenAsync()).LastGood), Is.EqualTo((false, (Carrier?)Carrier.Tls)));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[1]")]
    [TestCase("{\"carrier\":\"pigeon\",\"at\":\"2026-03-01T12:00:00Z\"}")]
    [TestCase("{\"carrier\":\"0\",\"at\":\"2026-03-01T12:00:00Z\"}")]
    [TestCase("{\"carrier\":\"tls\"}")]
    [TestCase("{\"carrier\":null,\"at\":\"2026-03-01T12:00:00Z\"}")]
    public async Task Damaged_file_is_ignored_with_one_line_and_written_anew(string content)
    {
        _state.Write(CarrierMemory.FileName, content);

        var memory = await OpenAsync();
        await memory.RememberAsync(Carrier.Tls, CancellationToken.None);

        Assert.That(memory.LastGood, Is.Null);
        Assert.That(_log.Lines.Count(line => line.Contains("is not readable as the carrier", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That((await OpenAsync()).LastGood, Is.EqualTo(Carrier.Tls));
    }

    [Test]
    public async Task Clock_that_was_set_back_makes_it_unknown()
    {
        _state.Write(CarrierMemory.FileName, "{\"carrier\":\"tls\",\"at\":\"2030-01-01T00:00:00Z\"}");

        Assert.That((await OpenAsync()).LastGood, Is.Null);
    }

    [Test]
    public async Task Record_of_the_future_is_written_anew()
    {
        _state.Write(CarrierMemory.FileName, "{\"carrier\":\"tls\",\"at\":\"2030-01-01T00:00:00Z\"}");

        await (await OpenAsync()).RememberAsync(Carrier.Tls, CancellationToken.None);

        Assert.That((await OpenAsync()).LastGood, Is.EqualTo(Carrier.Tls), "otherwise nothing would be known until 2030");
    }

    [Test]
    public async Task State_directory_that_cannot_be_written_is_fine_and_said_once()
    {
        var memory = await CarrierMemory.OpenAsync(_state["missing"], _time, Logger, CancellationToken.None);

        await memory.RememberAsync(Carrier.Quic, CancellationToken.None);
        await memory.RememberAsync(Carrier.Tls, CancellationToken.None);

        Assert.That(_log.Lines.Count(line => line.Contains("cannot be remembered", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    private ILogger Logger => _log.Factory.CreateLogger("memory");

    private Task<CarrierMemory> OpenAsync() => CarrierMemory.OpenAsync(_state.Path, _time, Logger, CancellationToken.None);
}
