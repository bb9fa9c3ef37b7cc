using NUnit.Framework;

namespace McpTunnel.TestKit;

/// <summary>Waits for what another thread will do: until a condition holds, or a deadline that only a broken program reaches.</summary>
public static class Eventually
{
    /// <summary>Far longer than anything here takes, even on a machine that is busy with something else.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns once <paramref name="condition"/> holds; fails the test at the deadline.</summary>
    public static async Task ThatAsync(Func<bool> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                Assert.Fail($"Not within {Deadline.TotalSeconds} s: {what}");
            }

            await Task.Delay(Step, TimeProvider.System);
        }
    }

    /// <summary>The result of <paramref name="task"/>; fails at the deadline.</summary>
    public static Task<T> ResultAsync<T>(Task<T> task) => task.WaitAsync(Deadline);

    /// <summary>Awaits <paramref name="task"/>; fails at the deadline.</summary>
    public static Task EndAsync(Task task) => task.WaitAsync(Deadline);
}
