using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// Tells systemd how a long-running command is (sd_notify(3)): ready, stopping, and alive as often as its watchdog asks. Does nothing where no service manager listens.
/// </summary>
internal sealed class ServiceManager : IAsyncDisposable
{
    /// <summary>How often systemd wants to hear from the process, in microseconds (sd_watchdog_enabled(3)).</summary>
    private const string WatchdogVariable = "WATCHDOG_USEC";

    private readonly ISystemdNotifier _notifier;
    private readonly TimeProvider _time;
    private readonly TimeSpan? _watchdog;
    private readonly CancellationTokenSource _ended = new();
    private Task _watching = Task.CompletedTask;

    /// <param name="time">The clock.</param>
    /// <param name="notifier">Where notices go; to the socket that the environment names when null.</param>
    /// <param name="watchdog">The value of <c>WATCHDOG_USEC</c>; the environment's when null.</param>
    public ServiceManager(TimeProvider time, ISystemdNotifier? notifier = null, string? watchdog = null)
    {
        _time = time;
        _watchdog = long.TryParse(watchdog ?? Environment.GetEnvironmentVariable(WatchdogVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0
            ? TimeSpan.FromMicroseconds(micros)
            : null;
        _notifier = notifier ?? new SystemdNotifier();
    }

    /// <summary>The command serves from now on. The watchdog's notices come from the thread pool, so a process whose pool hangs falls silent.</summary>
    public void Ready()
    {
        _notifier.Notify(ServiceState.Ready);
        if (_watchdog is { } interval)
        {
            _watching = WatchAsync(interval / 2);
        }
    }

    /// <summary>The command has begun to stop; calls in flight may take a while.</summary>
    public void Stopping() => _notifier.Notify(ServiceState.Stopping);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching;
        _ended.Dispose();
    }

    private async Task WatchAsync(TimeSpan interval)
    {
        try
        {
            while (true)
            {
                _notifier.Notify(new ServiceState("WATCHDOG=1"));
                await Task.Delay(interval, _time, _ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
    }
}
