namespace McpTunnel.Benchmarks.Load;

/// <summary>Counts connections that failed, and keeps the first reason.</summary>
internal sealed class LoadFailures
{
    private int _count;
    private string? _first;

    public int Count => _count;

    public string? First => _first;

    public async Task WatchAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
            // The window is over.
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
        {
            Interlocked.Increment(ref _count);
            Interlocked.CompareExchange(ref _first, failure.Message, null);
        }
    }
}
