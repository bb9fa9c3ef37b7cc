using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking.Choice;

/// <summary>
/// Remembers the carrier that worked, as <c>carrier.json</c> in the state directory, so that a client which starts again on the same network does not begin with a wait for one that does not pass.
/// Only ever a hint: better rungs are probed as always. Whatever is wrong with the file costs one line in the log. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class CarrierMemory
{
    internal const string FileName = "carrier.json";

    /// <summary>Believed for so long. 1 d: a laptop is on another network by then, and a server has been probed upwards 288 times.</summary>
    internal static readonly TimeSpan Believed = TimeSpan.FromDays(1);

    /// <summary>The same carrier is written again after so long, to be believed for another day.</summary>
    internal static readonly TimeSpan WriteAgain = TimeSpan.FromHours(1);

    private const int MaxBytes = 4096;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private CarrierRecord? _record;
    private bool _silent;

    private CarrierMemory(string path, TimeProvider time, ILogger logger)
    {
        _path = path;
        _time = time;
        _logger = logger;
    }

    /// <summary>What worked when the client last ran; null when nothing is known, or not any more.</summary>
    public Carrier? LastGood { get; private set; }

    /// <summary>Reads what is there. Never fails.</summary>
    public static async Task<CarrierMemory> OpenAsync(string stateDirectory, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var memory = new CarrierMemory(Path.Combine(stateDirectory, FileName), time, logger);
        await memory.ReadAsync(cancellationToken);
        return memory;
    }

    /// <summary>Links run on this carrier now.</summary>
    public async Task RememberAsync(Carrier carrier, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_record is { } last && last.Carrier == carrier.WireName() && IsYounger(last, WriteAgain))
            {
                return;
            }

            _record = new CarrierRecord(carrier.WireName(), _time.GetUtcNow());
            await AtomicFiles.WriteAsync(_path, JsonSerializer.Serialize(_record, CarrierJson.Default.CarrierRecord) + "\n", FileProtection.Public, cancellationToken);
        }
        catch (CertificateException exception)
        {
            // A read-only state directory is a good one. Said once, not each hour.
            if (!_silent)
            {
                _silent = true;
                LinkingLog.CarrierNotRemembered(_logger, exception.Message);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>One of the future says nothing: the clock was wrong then, or is now.</summary>
    private bool IsYounger(CarrierRecord record, TimeSpan limit) => _time.GetUtcNow() - record.At is var age && age >= TimeSpan.Zero && age < limit;

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await GuardedFile.ReadAsync(_path, MaxBytes, FileProtection.Public, cancellationToken);
            _record = JsonSerializer.Deserialize(bytes, CarrierJson.Default.CarrierRecord) ?? throw new JsonException("null");
            var carrier = Enum.GetValues<Carrier>().Where(carrier => carrier.WireName() == _record.Carrier).Cast<Carrier?>().SingleOrDefault()
                ?? throw new JsonException("a carrier that there is not");
            LastGood = IsYounger(_record, Believed) ? carrier : null;
        }
        catch (CertificateException exception) when (exception.Fault == CertificateFault.FileMissing)
        {
            // The first start.
        }
        catch (Exception exception) when (exception is CertificateException or JsonException)
        {
            _record = null;
            LinkingLog.CarrierNotRead(_logger, _path, exception.Message);
        }
    }
}
