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

    /// <summary>The next message and its descriptors, which are the caller's from now on; null when the other side is gone.</summary>
    public async Task<(HandoverMessage Message, IReadOnlyList<SafeFileHandle> Descriptors)?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var descriptors = new List<SafeFileHandle>();
        try
        {
            while (true)
            {
                // Waits, and takes nothing: what is attached to a message comes only with the call that takes it.
                if (await socket.ReceiveAsync(_peek, SocketFlags.Peek, cancellationToken) == 0)
                {
                    return null;
                }

                var received = Descriptors.TryReceive(socket.SafeHandle, _buffer, descriptors);
                if (received == 0)
                {
                    return null;
                }

                if (received > 0)
                {
                    // What follows may take its time, and the socket's completions may run where all sockets are watched.
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    var message = JsonSerializer.Deserialize(_buffer.AsSpan(0, received), HandoverJson.Default.HandoverMessage);
                    return (message ?? new HandoverMessage(""), descriptors);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or JsonException or ObjectDisposedException)
        {
            descriptors.ForEach(descriptor => descriptor.Dispose());
            return null;
        }
    }

    public void Dispose() => socket.Dispose();

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
