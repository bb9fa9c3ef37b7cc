using System.Diagnostics.CodeAnalysis;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Transport.Handshake;

/// <summary>The control stream as messages. One reader; any number of senders.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class ControlChannel(ILinkStream stream)
{
    private readonly ControlLineReader _lines = new();
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>The next message that this version knows; null at the stream's end.</summary>
    /// <exception cref="ControlException">The peer sent something that is no message.</exception>
    public async ValueTask<ControlMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var found = _lines.TryRead(ref buffer, out var read);
            stream.Input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
            if (found && read.Problem is { } problem)
            {
                throw new ControlException(problem, read.Detail);
            }

            if (found && read.Message is not null)
            {
                return read.Message;
            }

            if (!found && result.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>Sends a message, waiting while the peer does not take what was sent before: so a peer cannot make answers pile up.</summary>
    public async ValueTask SendAsync(ControlMessage message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            ControlWriter.Write(stream.Output, message);
            await stream.Output.FlushAsync(cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }
}
