using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// The connection between the process that leaves and the one that takes over: whole messages, in order, with descriptors. Sending is thread-safe;
/// one at a time receives.
/// </summary>
internal sealed class HandoverChannel(Socket socket, TimeProvider time) : IDisposable
{
    /// <summary>A ClientHello at its limit, in base64, and room to spare; well below what a socket buffers.</summary>
    private const int LongestMessage = 128 * 1024;

    private static readonly TimeSpan SendStep = TimeSpan.FromMilliseconds(5);

    private readonly Lock _sending = new();
    private readonly byte[] _buffer = new byte[LongestMessage];
    private readonly byte[] _peek = new byte[1];

    /// <summary>The other process, as the kernel knows it: its id and its user.</summary>
    public (int Process, int User) Peer { get; } = ReadPeer(socket);

    /// <summary>Sends without waiting. False when the other side has too much to do, or is gone: nothing was sent then.</summary>
    public bool TrySend(HandoverMessage message, params IReadOnlyList<SafeHandle> descriptors)
    {
        try
        {
            return TrySend(JsonSerializer.SerializeToUtf8Bytes(message, HandoverJson.Default.HandoverMessage), descriptors);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task SendAsync(HandoverMessage message, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, HandoverJson.Default.HandoverMessage);
        while (!TrySend(bytes, descriptors))
        {
            await Task.Delay(SendStep, time, cancellationToken);
        }
    }

    /// <summary>The next message, of a kind without descriptors; null when the other side is gone.</summary>
    public async Task<HandoverMessage?> HearAsync(CancellationToken cancellationToken) => WithoutDescriptors(await ReceiveAsync(cancellationToken));

    /// <summary>The next message and its descriptors, which are the caller's from now on; null when the other side is gone.</summary>
    public async Task<(HandoverMessage Message, IReadOnlyList<SafeFileHandle> Descriptors)?> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Waits, and takes nothing: what is attached to a message comes only with the call that takes it.
                await socket.ReceiveAsync(_peek, SocketFlags.Peek, cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return null;
            }

            // What follows may take its time, and the socket's completions may run where all sockets are watched.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (TryReceive(out var received))
            {
                return received;
            }
        }
    }

    /// <summary>The next message, of a kind without descriptors, if it is there already; null when none is.</summary>
    public HandoverMessage? TryHear() => TryReceive(out var received) ? WithoutDescriptors(received) : null;

    /// <summary>
    /// Takes nothing more: what the other side has sent by now is still received, and what it sends from now on fails there. The kernel draws the line, so that both sides agree on
    /// which side of it a message was, whatever either was doing.
    /// </summary>
    public void StopReceiving()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (SocketException)
        {
            // The other side is gone, and sends nothing any more.
        }
    }

    /// <summary>Closes received descriptors that nobody has a use for.</summary>
    public static void Close(IReadOnlyList<SafeFileHandle> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            descriptor.Dispose();
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>False when there is nothing; null when there never will be.</summary>
    private bool TryReceive(out (HandoverMessage Message, IReadOnlyList<SafeFileHandle> Descriptors)? received)
    {
        received = null;
        var descriptors = new List<SafeFileHandle>();
        try
        {
            var length = Descriptors.TryReceive(socket.SafeHandle, _buffer, descriptors);
            if (length > 0)
            {
                var message = JsonSerializer.Deserialize(_buffer.AsSpan(0, length), HandoverJson.Default.HandoverMessage);
                received = (message ?? new HandoverMessage(""), descriptors);
            }

            return length >= 0;
        }
        catch (Exception exception) when (exception is IOException or JsonException or ObjectDisposedException)
        {
            // The other side has to hear it too: it would rely on being heard.
            Close(descriptors);
            socket.Dispose();
            return true;
        }
    }

    private static HandoverMessage? WithoutDescriptors((HandoverMessage Message, IReadOnlyList<SafeFileHandle> Descriptors)? received)
    {
        if (received is var (message, descriptors))
        {
            Close(descriptors);
            return message;
        }

        return null;
    }

    private bool TrySend(byte[] bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        lock (_sending)
        {
            return Descriptors.TrySend(socket.SafeHandle, bytes, descriptors);
        }
    }

    /// <summary>SO_PEERCRED: struct ucred { pid, uid, gid }, filled in by the kernel when the connection was made.</summary>
    private static (int Process, int User) ReadPeer(Socket socket)
    {
        const int socketLevel = 1;
        const int peerCredentials = 17;
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        socket.GetRawSocketOption(socketLevel, peerCredentials, credentials);
        var numbers = MemoryMarshal.Cast<byte, int>(credentials);
        return (numbers[0], numbers[1]);
    }
}
