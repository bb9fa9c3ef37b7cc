using System.Globalization;
using System.Net;
using System.Net.Sockets;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.TestKit.Netns;

/// <summary>A machine of its own as far as the network goes: a Linux network namespace, removed with its processes when it is disposed.</summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Prefix = "mcptunnel-";

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>Makes one, with loopback up. Removes what test runs that were killed have left.</summary>
    public static async Task<NetworkNamespace> CreateAsync(string role)
    {
        foreach (var stale in await StaleAsync())
        {
            await stale.DisposeAsync();
        }

        var made = new NetworkNamespace($"{Prefix}{Environment.ProcessId}-{role}");
        await IpAsync("netns", "add", made.Name);
        await made.SetAsync("link", "set", "lo", "up");

        // Neighbour discovery would be traffic that no test asked for.
        await made.RunAsync("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
        return made;
    }

    /// <summary>Joins two by a cable; each end is named after the other side.</summary>
    public static async Task JoinAsync((NetworkNamespace Namespace, string Link, IPAddress Address) one, (NetworkNamespace Namespace, string Link, IPAddress Address) other)
    {
        await IpAsync("link", "add", one.Link, "netns", one.Namespace.Name, "type", "veth", "peer", "name", other.Link, "netns", other.Namespace.Name);
        foreach (var (end, link, address) in new[] { one, other })
        {
            await end.AddAddressAsync(link, address);
            await end.SetAsync("link", "set", link, "up");
        }
    }

    /// <summary>Gives both ends of a cable an IPv6 address too, and tells each where the other is, so that no neighbour has to be discovered.</summary>
    public static async Task AddIPv6Async((NetworkNamespace Namespace, string Link, IPAddress Address) one, (NetworkNamespace Namespace, string Link, IPAddress Address) other)
    {
        foreach (var (end, link, address) in new[] { one, other })
        {
            await end.AddAddressAsync(link, address);
        }

        foreach (var (here, there) in new[] { (one, other), (other, one) })
        {
            var hardware = (await there.Namespace.RunAsync("cat", $"/sys/class/net/{there.Link}/address")).Trim();
            await here.Namespace.SetAsync("neighbour", "replace", $"{there.Address}", "lladdr", hardware, "dev", here.Link);
        }
    }

    /// <summary>Starts a program in it.</summary>
    public RunningProgram Start(string program, params string[] arguments) =>
        RunningProgram.Start("ip", ["netns", "exec", Name, program, .. arguments], null);

    /// <summary>Runs a program in it to a good end and returns what it wrote.</summary>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var running = Start(program, arguments);
        var result = await running.EndAsync();
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"In {Name}, {program} {string.Join(' ', arguments)}: {result}");
    }

    /// <summary>A socket in it: TCP, or UDP for datagrams.</summary>
    public Socket NewSocket(AddressFamily family = AddressFamily.InterNetwork, SocketType type = SocketType.Stream) => Enter(() => type == SocketType.Stream
        ? new Socket(family, type, ProtocolType.Tcp) { NoDelay = true }
        : new Socket(family, type, ProtocolType.Udp));

    /// <summary>Connects from it.</summary>
    public async Task<NetworkStream> ConnectAsync(IPEndPoint to, CancellationToken cancellationToken)
    {
        var socket = NewSocket(to.AddressFamily);
        try
        {
            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Runs something in it. What is made there (a socket, a device) belongs to the namespace of the thread that made it, so a thread is made for that alone.</summary>
    internal T Enter<T>(Func<T> action)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{Name}");
                if (KernelCalls.SetNamespace(handle, KernelCalls.CloneNewNet) != 0)
                {
                    throw KernelCalls.Failure("setns");
                }

                result = action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"Not possible in {Name}: {failure.Message}", failure);
    }

    /// <summary>Runs <c>ip</c> for it.</summary>
    internal Task SetAsync(params string[] arguments) => IpAsync(["-n", Name, .. arguments]);

    /// <summary>Gives one of its interfaces an address.</summary>
    internal async Task AddAddressAsync(string link, IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            await SetAsync("address", "add", $"{address}/24", "dev", link);
            return;
        }

        // Off by default, see above; and nothing on the cable is to be asked whether somebody else has the address.
        await RunAsync("sh", "-c", $"echo 0 > /proc/sys/net/ipv6/conf/{link}/accept_ra; echo 0 > /proc/sys/net/ipv6/conf/{link}/disable_ipv6");
        await SetAsync("address", "add", $"{address}/64", "dev", link, "nodad");
    }

    public async ValueTask DisposeAsync()
    {
        var processes = await RunIpAsync("netns", "pids", Name);
        foreach (var line in processes.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture));
                process.Kill();
            }
            catch (ArgumentException)
            {
                // Ended meanwhile.
            }
        }

        await RunIpAsync("netns", "delete", Name);
    }

    /// <summary>Namespaces of test processes that are no more.</summary>
    private static async Task<IEnumerable<NetworkNamespace>> StaleAsync()
    {
        var list = await RunIpAsync("netns", "list");
        return
        [
            .. list.Output.Split('\n')
                .Select(line => line.Split(' ')[0])
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !Directory.Exists($"/proc/{name.Split('-')[1]}"))
                .Select(name => new NetworkNamespace(name)),
        ];
    }

    private static async Task IpAsync(params string[] arguments)
    {
        var result = await RunIpAsync(arguments);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result}");
        }
    }

    private static async Task<ProgramResult> RunIpAsync(params string[] arguments)
    {
        await using var ip = RunningProgram.Start("ip", arguments, null);
        return await ip.EndAsync();
    }
}
