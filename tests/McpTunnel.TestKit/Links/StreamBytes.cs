using System.Buffers;
using System.IO.Pipelines;

namespace McpTunnel.TestKit.Links;

/// <summary>Bytes through pipes, and tokens, for tests of links.</summary>
public static class StreamBytes
{
    public static async Task SendAndEndAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, 10_000)];
            await writer.WriteAsync(part);
            bytes = bytes[part.Length..];
        }

        await writer.CompleteAsync();
    }

    public static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }

    public static async Task<byte[]> ReadExactlyAsync(PipeReader reader, int count)
    {
        var result = await reader.ReadAtLeastAsync(count);
        var bytes = result.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    public static async Task FiredAsync(CancellationToken fires, CancellationToken cancellationToken)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = fires.Register(fired.SetResult);
        await fired.Task.WaitAsync(cancellationToken);
    }
}
