using System.Net.Sockets;
using System.Security.Authentication;
using McpTunnel.Client.Egress;

namespace McpTunnel.Client.Forwarding;

/// <summary>Reads what went wrong out of nested exceptions.</summary>
internal static class UpstreamFault
{
    /// <summary>The outermost exception of a kind.</summary>
    public static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }

            if (exception is AggregateException aggregate && aggregate.InnerExceptions.Select(Find<T>).FirstOrDefault(inner => inner is not null) is { } nested)
            {
                return nested;
            }
        }

        return null;
    }

    /// <summary>A word or sentence for the log. Not the message of just any exception: some quote what the upstream sent.</summary>
    public static string Describe(Exception? exception) =>
        Find<AddressForbiddenException>(exception) is { } forbidden ? forbidden.Message
        : Find<AuthenticationException>(exception) is { } tls ? tls.Message
        : Find<SocketException>(exception) is { } socket ? socket.SocketErrorCode.ToString()
        : Find<HttpIOException>(exception) is { } io ? io.HttpRequestError.ToString()
        : Find<HttpRequestException>(exception) is { } request ? request.HttpRequestError.ToString()
        : exception?.GetType().Name ?? "";
}
