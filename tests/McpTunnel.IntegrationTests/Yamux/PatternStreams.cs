using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpTunnel.Transport.Multiplexing;

namespace McpTunnel.IntegrationTests.Yamux;

/// <summary>Our half of what <c>interop/main.go</c> does on streams: the same verbs, the same bytes.</summary>
internal static class PatternStreams
{
    private const int PartLength = 50_000;

    /// <summary>Serves the streams that the Go side opens, until the connection ends.</summary>
    public static async Task ServeAsync(MuxConnection connection)
    {
        while (await connection.AcceptAsync(CancellationToken.None) is { } stream)
        {
            _ = ServeAsync(stream);
        }
    }

    public static async Task<MuxStream> OpenAsync(MuxConnection connection, string line, CancellationToken cancellationToken)
    {
        var stream = connection.TryOpen() ?? throw new InvalidOperationException("The session takes no streams.");
        await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), cancellationToken);
        return stream;
    }

    public static async Task WriteAsync(MuxStream stream, int count, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < count;)
        {
            var part = Math.Min(PartLength, count - sent);
            Pattern(sent, stream.Output.GetSpan(part)[..part]);
            stream.Output.Advance(part);
            await stream.Output.FlushAsync(cancellationToken);
            sent += part;
        }
    }

    public static async Task ExpectAsync(MuxStream stream, int count, CancellationToken cancellationToken)
    {
        var expected = new byte[PartLength];
        for (var received = 0; received < count;)
        {
            var result = await stream.Input.ReadAsync(cancellationToken);
            Assert.That(result.IsCompleted && result.Buffer.IsEmpty, Is.False, $"the stream ended after {received} bytes");
            var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, Math.Min(PartLength, count - received)));
            var length = (int)part.Length;
            Pattern(received, expected.AsSpan(0, length));
            Assert.That(part.ToArray().AsSpan().SequenceEqual(expected.AsSpan(0, length)), Is.True, $"wrong bytes behind {received}");
            stream.Input.AdvanceTo(part.End);
            received += length;
        }
    }

    public static async Task<byte[]> ReadToEndAsync(MuxStream stream, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        await stream.Input.CopyToAsync(all, cancellationToken);
        return all.ToArray();
    }

    /// <summary>What a stream with the verb "sum" answers to <paramref name="count"/> bytes.</summary>
    public static string SumOf(int count)
    {
        var bytes = new byte[count];
        Pattern(0, bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private static async Task ServeAsync(MuxStream stream)
    {
        try
        {
            var words = (await ReadLineAsync(stream)).Split(' ');
            switch (words[0])
            {
                case "echo":
                    await EchoAsync(stream);
                    break;
                case "bulk":
                    var count = int.Parse(words[1], CultureInfo.InvariantCulture);
                    await Task.WhenAll(WriteAsync(stream, count, CancellationToken.None), ExpectAsync(stream, count, CancellationToken.None));
                    await ReadToEndAsync(stream, CancellationToken.None);
                    break;
                case "sum":
                    var sum = Convert.ToHexStringLower(SHA256.HashData(await ReadToEndAsync(stream, CancellationToken.None)));
                    await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(sum));
                    break;
                case "reset":
                    stream.Abort();
                    break;
            }

            await stream.Output.CompleteAsync();
        }
        catch (IOException)
        {
            // The test ended the connection.
        }

        await stream.DisposeAsync();
    }

    private static async Task EchoAsync(MuxStream stream)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                await stream.Output.WriteAsync(segment);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task<string> ReadLineAsync(MuxStream stream)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            if (result.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(result.Buffer.Slice(0, end));
                stream.Input.AdvanceTo(result.Buffer.GetPosition(1, end));
                return line;
            }

            stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                throw new IOException("The stream ended before its first line.");
            }
        }
    }

    private static void Pattern(int offset, Span<byte> part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            var at = offset + i;
            part[i] = (byte)(at ^ (at >> 8) ^ (at >> 16));
        }
    }
}
