using System.Text;

namespace McpTunnel.TestKit.Network;

/// <summary>Reads a request's head and not a byte more: what follows belongs to somebody else.</summary>
public static class RequestHead
{
    private const int Longest = 16 * 1024;

    /// <exception cref="EndOfStreamException">It ended before.</exception>
    public static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (head.Length < Longest)
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString();
            }
        }

        throw new IOException("The head is too long.");
    }

    /// <summary>The value of a header; null when there is none.</summary>
    public static string? Header(string head, string name) =>
        head.Split("\r\n").Skip(1).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
