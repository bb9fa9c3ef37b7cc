using System.Net.Sockets;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// Patience with a process on this machine that was started a moment ago: commands that are pasted together run in each other's wake.
/// </summary>
/// <param name="output">Where the waiting is said.</param>
/// <param name="time">The clock.</param>
internal sealed class StartPatience(Output output, TimeProvider time)
{
    /// <summary>Ample for a process that comes up on a busy machine; a person who forgot to start it is told of the waiting at once.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    /// <summary>Tries until it is worth keeping, or the patience is over: then the last answer or failure stands.</summary>
    /// <param name="attempt">One try.</param>
    /// <param name="isStarting">Whether an answer is that of something that is still starting.</param>
    /// <param name="what">What is waited for, as a sentence.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> TryAsync<T>(Func<Task<T>> attempt, Func<T, bool> isStarting, string what, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var said = false; ; said = true)
        {
            try
            {
                var answer = await attempt();
                if (!isStarting(answer) || time.GetElapsedTime(started) >= Limit)
                {
                    return answer;
                }
            }
            catch (CliException e) when (IsRefused(e) && time.GetElapsedTime(started) < Limit)
            {
                // Nothing listens yet.
            }

            if (!said)
            {
                output.Progress($"{what} Waiting up to {Limit.TotalSeconds:0} s ...");
            }

            await Task.Delay(Step, time, cancellationToken);
        }
    }

    private static bool IsRefused(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                return true;
            }
        }

        return false;
    }
}
