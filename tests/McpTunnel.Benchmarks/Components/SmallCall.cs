using System.Text;

namespace McpTunnel.Benchmarks.Components;

/// <summary>The small tool call of the budgets: about 200 bytes of JSON there, about 300 bytes back.</summary>
internal static class SmallCall
{
    public static readonly byte[] RequestBody = Encoding.ASCII.GetBytes(
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_documents","arguments":{"query":"quarterly report 2025, northern region","limit":10,"include_archived":false},"_meta":{"progressToken":1}}}""");

    public static readonly byte[] ResponseBody = Encoding.ASCII.GetBytes(
        """{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Three documents match: northern-q1.pdf (12 pages, updated 14 April), northern-q2.pdf (15 pages, updated 9 July) and northern-summary.docx (4 pages, updated 2 August). The newest is northern-summary.docx."}],"isError":false}}""");

    /// <summary>The whole HTTP/1.1 request as it goes on the wire.</summary>
    public static byte[] Request(string host, string? token)
    {
        var head = new StringBuilder()
            .Append("POST ").Append(WorkPaths.Call).Append(" HTTP/1.1\r\n")
            .Append("Host: ").Append(host).Append("\r\n")
            .Append("Content-Type: application/json\r\n")
            .Append("Accept: application/json, text/event-stream\r\n")
            .Append("MCP-Protocol-Version: 2025-11-25\r\n")
            .Append("Mcp-Session-Id: 5f0e1d7c2b9a4e38\r\n");
        if (token is not null)
        {
            head.Append("Authorization: Bearer ").Append(token).Append("\r\n");
        }

        head.Append("Content-Length: ").Append(RequestBody.Length).Append("\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. RequestBody];
    }
}
