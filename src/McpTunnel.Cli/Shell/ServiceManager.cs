using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// Tells systemd how a long-running command is (sd_notify(3)): ready, stopping, and alive as often as its watchdog asks. Does nothing where no service manager listens.
/// A process that is replaced names its successor, which goes on in its place.
/// </summary>
internal sealed class ServiceManager : IAsyncDisposable
{
    /// <summary>How often systemd wants to hear from the process, in microseconds (sd_watchdog_enabled(3)).</summary>
    private const string WatchdogVariable = "WATCHDOG_USEC";

    private const string SocketVariable = "NOTIFY_SOCKET";

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

    /// <summary>What a successor has to know, for <see cref="Succeed"/>.</summary>
    public static IReadOnlyDictionary<string, string> ForSuccessor =>
        new[] { SocketVariable, WatchdogVariable }
            .Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.Value is not null)
            .ToDictionary(variable => variable.Key, variable => variable.Value!);

    /// <summary>Speaks to the service manager of the process before: systemd tells none of this to a process that it did not start as the main one.</summary>
    public static ServiceManager Succeed(IReadOnlyDictionary<string, string> inherited, TimeProvider time)
    {
        foreach (var (name, value) in inherited)
        {
            if (name is SocketVariable or WatchdogVariable && Environment.GetEnvironmentVariable(name) is null)
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }

        return new ServiceManager(time);
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

    /// <summary>Another process is the service from now on; this one's end is none of the service.</summary>
    public async Task HandOverAsync(int process)
    {
        await _ended.CancelAsync();
        await _watching;
        _notifier.Notify(new ServiceState(string.Create(CultureInfo.InvariantCulture, $"MAINPID={process}")));
    }

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
