using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Load;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>Waits until a path answers a real call: the only readiness that counts for every kind of path.</summary>
internal static class PathProbe
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OneCallWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    public static async Task WaitAsync(string name, AgentTarget target, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await CallOnceAsync(target, cancellationToken);
                return;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested
                && failure is IOException or SocketException or InvalidDataException or OperationCanceledException
                    or System.Security.Authentication.AuthenticationException)
            {
                if (clock.GetElapsedTime(start) > Within)
                {
                    throw new InvalidOperationException($"{name} did not answer a call within {Within.TotalSeconds:0} s: {failure.Message}", failure);
                }
            }

            await Task.Delay(Between, clock, cancellationToken);
        }
    }

    private static async Task CallOnceAsync(AgentTarget target, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(OneCallWithin, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(target.CaFile);
        await using var connection = await AgentConnection.ConnectAsync(target, trusted, cancellationToken: both.Token);
        await connection.SendAsync(SmallCall.Request(target.Authority, target.Token), both.Token);
        var length = await connection.ReadHeadAsync(both.Token);
        await connection.SkipBodyAsync(length, both.Token);
    }
}
