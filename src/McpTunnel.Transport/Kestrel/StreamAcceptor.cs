using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Kestrel;

internal sealed class StreamAcceptor(TimeProvider time, ILogger logger)
{
    public Task RunAsync(ILink link, ChannelWriter<ConnectionContext> connections) => throw new NotSupportedException($"{time}{logger}{link}{connections}");
}
