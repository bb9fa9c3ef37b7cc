using McpTunnel.Configuration.Loading;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Configuration.Watching;

/// <summary>
/// Keeps a configuration in force while its files change. The last good one stays until a changed one was read twice with
/// the same contents, passed validation, and was accepted by the host. <see cref="Current"/> and <see cref="Status"/> may be read from any
/// thread; <see cref="Start"/> is called once.
/// </summary>
/// <remarks>
/// Files are looked at by content, not watched by notification: notifications are lost on network file systems and on
/// volumes that swap symbolic links, and a megabyte hashed each second is nothing.
/// </remarks>
public sealed class ConfigurationFile<T> : IAsyncDisposable
    where T : class
{
    /// <summary>How often the files are looked at. A person who saved a file waits two looks, so two seconds.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly ConfigurationLoader<T> _loader;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _checking = new(1, 1);
    private Func<T, CancellationToken, ValueTask>? _apply;
    private Task _watching = Task.CompletedTask;
    private volatile State _state;
    private string _lastSeen;

    /// <summary>Reads the configuration for the first time. Nothing is watched yet.</summary>
    /// <exception cref="ConfigurationException">There is no good configuration to begin with.</exception>
    public ConfigurationFile(string path, ConfigurationLoader<T> loader, TimeProvider time, ILogger logger)
    {
        Path = path;
        _loader = loader;
        _time = time;
        _logger = logger;
        var first = loader.Load(path);
        _lastSeen = first.Fingerprint;
        var now = time.GetUtcNow();
        _state = new State(first.Require(), new ConfigurationStatus(first.Fingerprint, now, now, 0, 0, [], first.Files));
        ConfigurationLog.Applied(logger, path, first.Fingerprint, first.Files.Count);
    }

    /// <summary>The main file.</summary>
    public string Path { get; }

    /// <summary>The options in force.</summary>
    public T Current => _state.Options;

    /// <summary>Whether the files are in force, and if not, why.</summary>
    public ConfigurationStatus Status => _state.Status;

    /// <summary>
    /// Begins to watch. <paramref name="apply"/> takes a changed configuration over; by throwing a
    /// <see cref="ConfigurationException"/> it refuses it (a certificate that is not there, say) and must then have changed nothing.
    /// </summary>
    public void Start(Func<T, CancellationToken, ValueTask> apply)
    {
        _apply = apply;
        _watching = WatchAsync();
    }

    /// <summary>Looks at the files now, as the timer does.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _checking.WaitAsync(cancellationToken);
        try
        {
            await CheckOnceAsync(cancellationToken);
        }
        finally
        {
            _checking.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
        _checking.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(CheckInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await CheckAsync(_stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    private async Task CheckOnceAsync(CancellationToken cancellationToken)
    {
        var state = _state;
        try
        {
            var read = _loader.Load(Path);
            var settled = read.Fingerprint == _lastSeen;
            _lastSeen = read.Fingerprint;
            var status = state.Status with { CheckedAt = _time.GetUtcNow() };
            if (read.Fingerprint == status.Fingerprint)
            {
                Restore(state, status);
            }
            else if (!settled)
            {
                // Half-written files often parse: only contents seen twice in a row are judged.
                _state = state with { Status = status };
            }
            else if (read.Value is not { } options)
            {
                Refuse(state, status, read.Errors);
            }
            else
            {
                await ApplyAsync(state, status, options, read, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ConfigurationLog.CheckFailed(_logger, Path, exception);
        }
    }

    private async ValueTask ApplyAsync(State state, ConfigurationStatus status, T options, ConfigurationResult<T> read, CancellationToken cancellationToken)
    {
        try
        {
            if (_apply is not null)
            {
                await _apply(options, cancellationToken);
            }
        }
        catch (ConfigurationException refused)
        {
            Refuse(state, status, refused.Errors);
            return;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var message = $"The configuration could not be taken over: {exception.Message.TrimEnd('.')}";
            Refuse(state, status, [new ConfigurationError(SourceLocation.WholeFile(Path), message, "See the log, then save the file again")]);
            return;
        }

        _state = new State(options, new ConfigurationStatus(
            read.Fingerprint, status.CheckedAt, status.CheckedAt, status.Reloads + 1, status.Refusals, [], read.Files));
        ConfigurationLog.Applied(_logger, Path, read.Fingerprint, read.Files.Count);
    }

    private void Restore(State state, ConfigurationStatus status)
    {
        if (!status.IsCurrent)
        {
            ConfigurationLog.Restored(_logger, Path);
        }

        _state = state with { Status = status with { Errors = [] } };
    }

    // Judged again at each look, since a refusal may rest on something outside the files; told only when it changes.
    private void Refuse(State state, ConfigurationStatus status, IReadOnlyList<ConfigurationError> errors)
    {
        if (status.Errors.SequenceEqual(errors))
        {
            _state = state with { Status = status };
            return;
        }

        _state = state with { Status = status with { Errors = errors, Refusals = status.Refusals + 1 } };
        ConfigurationLog.Refused(_logger, Path, errors.Count, errors[0].ToString());
    }

    private sealed record State(T Options, ConfigurationStatus Status);
}
