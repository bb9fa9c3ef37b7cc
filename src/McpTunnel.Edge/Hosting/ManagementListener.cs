using System.Net;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Edge.Hosting;

/// <summary>Kestrel's listener for health and metrics, while its gate is open.</summary>
internal sealed class ManagementListener(IConnectionListener inner, ManagementGate gate) : IConnectionListener
{
    public EndPoint EndPoint => inner.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var left = gate.Left.UnsafeRegister(static listener => _ = ((IConnectionListener)listener!).UnbindAsync().AsTask(), inner);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, gate.Left);
        try
        {
            await gate.Opened.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (gate.Left.IsCancellationRequested)
        {
            return null;
        }

        return await inner.AcceptAsync(cancellationToken);
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        gate.Open();
        await inner.UnbindAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
