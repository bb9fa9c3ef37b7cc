namespace McpTunnel.Benchmarks.Profiling;

/// <summary>
/// Sorts samples into the kinds of cost that a design can change. The leaf decides; a leaf that says nothing by itself (a copy,
/// a lock, an unknown stub) is charged to the first caller that does.
/// </summary>
internal static class CostGroups
{
    private const string Other = "other";

    // By module, for code that has no namespace.
    private static readonly (string Prefix, string Group)[] Modules =
    [
        ("libcrypto", "TLS: OpenSSL"),
        ("libssl", "TLS: OpenSSL"),
        ("libSystem.Security.Cryptography.Native", "TLS: interop"),
        ("libclrjit", "JIT"),
        ("libclrgc", "GC"),
        ("libSystem.Native", "sockets: interop"),
    ];

    // By namespace of a compiled method, or by file name of precompiled code. The first match counts.
    private static readonly (string Prefix, string Group)[] Namespaces =
    [
        ("McpTunnel.Protocol.Yamux", "yamux"),
        ("McpTunnel.Transport", "link transport"),
        ("McpTunnel.Edge", "edge"),
        ("McpTunnel.Client", "boundary"),
        ("McpTunnel", "tunnel, other"),
        ("Yarp.ReverseProxy", "YARP"),
        ("System.Net.Security", "TLS: SslStream"),
        ("System.Security", "TLS: SslStream"),
        ("Interop+Ssl", "TLS: interop"),
        ("Interop+Sys", "sockets: interop"),
        ("System.Net.Sockets", "sockets: managed"),
        ("System.Net.Http", "HttpClient"),
        ("System.IO.Pipelines", "pipes"),
        ("Microsoft.AspNetCore.Server.Kestrel.Transport", "Kestrel: transport"),
        ("Microsoft.AspNetCore.Server.Kestrel", "Kestrel: HTTP"),
        ("Microsoft.AspNetCore", "ASP.NET Core"),
        ("Microsoft.IdentityModel", "token check"),
        ("System.Threading", "thread pool and tasks"),
        ("System.Runtime.CompilerServices.Async", "thread pool and tasks"),
    ];

    private static readonly (string Mark, string Group)[] SystemCalls =
    [
        ("sys_send", "kernel: socket send and loopback delivery"),
        ("sys_write", "kernel: socket send and loopback delivery"),
        ("sys_recv", "kernel: socket receive"),
        ("sys_read", "kernel: socket receive"),
        ("sys_epoll", "kernel: epoll"),
        ("sys_futex", "kernel: futex (waking and sleeping threads)"),
        ("sys_sched_yield", "kernel: sched_yield (spinning)"),
        ("sys_madvise", "kernel: memory"),
        ("sys_mmap", "kernel: memory"),
        ("exc_page_fault", "kernel: memory"),
        ("asm_sysvec", "kernel: interrupts"),
    ];

    public static string Of(IReadOnlyList<Frame> stack)
    {
        if (stack[0].IsKernel)
        {
            return OfKernel(stack);
        }

        foreach (var frame in stack)
        {
            if (OfUser(frame) is { } group)
            {
                return group;
            }
        }

        return stack[0].Module.StartsWith("libcoreclr", StringComparison.Ordinal) ? "runtime" : Other;
    }

    private static string OfKernel(IReadOnlyList<Frame> stack)
    {
        foreach (var frame in stack.TakeWhile(frame => frame.IsKernel))
        {
            foreach (var (mark, group) in SystemCalls)
            {
                if (frame.Symbol.Contains(mark, StringComparison.Ordinal))
                {
                    return group;
                }
            }
        }

        return "kernel: other";
    }

    private static string? OfUser(Frame frame)
    {
        foreach (var (prefix, group) in Modules)
        {
            if (frame.Module.StartsWith(prefix, StringComparison.Ordinal))
            {
                return group;
            }
        }

        if (frame.Module.StartsWith("libcoreclr", StringComparison.Ordinal))
        {
            return frame.Symbol.Contains("gc_heap", StringComparison.Ordinal) || frame.Symbol.Contains("WKS::", StringComparison.Ordinal)
                || frame.Symbol.Contains("SVR::", StringComparison.Ordinal) ? "GC" : null;
        }

        var space = frame.Symbol.StartsWith('[') ? frame.Symbol.IndexOf("] ", StringComparison.Ordinal) : -1;
        var name = space >= 0 ? frame.Symbol.AsSpan(space + 2) : frame.Module.AsSpan();
        foreach (var (prefix, group) in Namespaces)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return group;
            }
        }

        return null;
    }
}
