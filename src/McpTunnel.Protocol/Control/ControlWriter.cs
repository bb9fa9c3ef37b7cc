using System.Buffers;
using System.Text.Json;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

/// <summary>Turns messages into lines. Thread-safe.</summary>
public static class ControlWriter
{
    /// <summary>The line of <paramref name="message"/>, its line feed included.</summary>
    /// <exception cref="ArgumentException">The message breaks a bound of <see cref="ControlLimits"/>; nothing in the text is secret.</exception>
    public static byte[] ToLine(ControlMessage message)
    {
        if (message.FindProblem() is { } problem)
        {
            throw new ArgumentException($"The control message '{message.Type}' is wrong: {problem}.", nameof(message));
        }

        // JSON escapes every line feed in a string, and nothing is indented: the only one is the last byte.
        var json = JsonSerializer.SerializeToUtf8Bytes(message, message.GetType(), ControlJson.Default);
        if (json.Length > ControlLimits.MaxLineLength)
        {
            throw new ArgumentException($"The control message '{message.Type}' is longer than {ControlLimits.MaxLineLength} bytes.", nameof(message));
        }

        return [.. json, (byte)'\n'];
    }

    /// <summary>Writes the line of <paramref name="message"/>.</summary>
    /// <exception cref="ArgumentException">As for <see cref="ToLine"/>; nothing has been written.</exception>
    public static void Write(IBufferWriter<byte> output, ControlMessage message) => output.Write(ToLine(message));
}
