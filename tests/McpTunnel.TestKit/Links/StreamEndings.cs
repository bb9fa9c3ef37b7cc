using McpTunnel.Transport;

namespace McpTunnel.TestKit.Links;

/// <summary>Streams that end in every order there is.</summary>
public static class StreamEndings
{
    public static readonly StreamEnding[] All = Enum.GetValues<StreamEnding>();

    /// <summary>Opens a stream and has it end in this way.</summary>
    /// <param name="pair">The link.</param>
    /// <param name="ending">The way.</param>
    /// <param name="unbegunIsTold">Whether the client learns of a stream that was reset before its first byte: over QUIC it does, over yamux it does not.</param>
    public static async Task OpenAndEndAsync(LinkPair pair, StreamEnding ending, bool unbegunIsTold)
    {
        var edge = pair.Edge.OpenStream();
        if (ending == StreamEnding.AbortWithoutAByte)
        {
            edge.Abort();
            if (!unbegunIsTold)
            {
                return;
            }
        }
        else
        {
            await edge.Output.WriteAsync(new byte[] { 1 });
        }

        var client = (await pair.Client.AcceptStreamAsync(CancellationToken.None))!;
        await EndAsync(edge, client, ending);
        await edge.DisposeAsync();
        await client.DisposeAsync();
    }

    private static async Task EndAsync(ILinkStream edge, ILinkStream client, StreamEnding ending)
    {
        switch (ending)
        {
            case StreamEnding.EdgeAborts:
                await StreamBytes.ReadExactlyAsync(client.Input, 1);
                edge.Abort();
                break;
            case StreamEnding.EdgeAbortsUnread:
                edge.Abort();
                break;
            case StreamEnding.ClientAborts:
                client.Abort();
                break;
            case StreamEnding.BothAbort:
                edge.Abort();
                client.Abort();
                break;
            case StreamEnding.EdgeEndsClientDisposes:
                await edge.Output.CompleteAsync();
                await client.DisposeAsync();
                break;
            case StreamEnding.ClientEndsEdgeDisposes:
                await client.Output.CompleteAsync();
                await edge.DisposeAsync();
                break;
            case StreamEnding.BothEnd:
                await edge.Output.CompleteAsync();
                await client.Output.CompleteAsync();
                break;
        }
    }
}
