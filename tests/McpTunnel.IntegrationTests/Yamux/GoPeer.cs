using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit;
using McpTunnel.Transport.Multiplexing;

namespace McpTunnel.IntegrationTests.Yamux;

/// <summary>Our multiplexer on one side of a loopback connection, HashiCorp's in a process of its own on the other.</summary>
internal sealed class GoPeer : IAsyncDisposable
{
    private const string Library = "/usr/share/gocode/src/github.com/hashicorp/yamux";

    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    private readonly Process _process;
    private readonly List<string> _errors = [];

    private GoPeer(Process process, MuxConnection connection)
    {
        _process = process;
        Connection = connection;
    }

    /// <summary>Our side.</summary>
    public MuxConnection Connection { get; }

    /// <summary>What the Go side logged so far.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Starts both sides.</summary>
    /// <param name="ours">Our role; the Go side has the other one.</param>
    /// <param name="cancellationToken">The test's time is over.</param>
    /// <param name="backlog">Streams that the Go side keeps for its accept before it refuses more.</param>
    public static async Task<GoPeer> StartAsync(YamuxRole ours, CancellationToken cancellationToken, int backlog = 256)
    {
        Requires.DebianProgram("go", "golang-go");
        Requires.Path(Library, "Install it: apt-get install golang-github-hashicorp-yamux-dev");
        var program = await Built.Value;

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var process = Start(
            program, [listener.LocalEndpoint.ToString()!, ours == YamuxRole.Client ? "server" : "client", backlog.ToString(CultureInfo.InvariantCulture)]);
        try
        {
            var socket = await listener.AcceptSocketAsync(cancellationToken);
            socket.NoDelay = true;
            var connection = new MuxConnection(new NetworkStream(socket, ownsSocket: true), ours, new YamuxOptions(), TimeProvider.System);
            var peer = new GoPeer(process, connection);
            process.ErrorDataReceived += (_, line) => peer.AddError(line.Data);
            process.BeginErrorReadLine();
            connection.Start();
            Assert.That(await process.StandardOutput.ReadLineAsync(cancellationToken), Is.EqualTo("ok ready"));
            return peer;
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Has the Go side do something; returns what follows "ok", or "error: …" whole.</summary>
    public async Task<string> CommandAsync(string command, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var answer = await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? $"error: the Go side ended: {string.Join('\n', Errors)}";
        return answer.StartsWith("ok", StringComparison.Ordinal) ? answer[2..].Trim() : answer;
    }

    /// <summary>Waits until both sides have forgotten every stream.</summary>
    public async Task AwaitNoStreamsAsync(CancellationToken cancellationToken)
    {
        while (await CommandAsync("streams", cancellationToken) != "0" || Connection.StreamCount != 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _process.StandardInput.Close();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<string> BuildAsync()
    {
        var directory = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "yamux-interop")).FullName;
        var program = Path.Combine(directory, "interop");
        using var build = Start("go", ["build", "-o", program, Repository.PathOf("tests/McpTunnel.IntegrationTests/Yamux/interop/main.go")], directory);
        var errors = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();
        Assert.That(build.ExitCode, Is.Zero, errors);
        return program;
    }

    private static Process Start(string program, string[] arguments, string? buildDirectory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (buildDirectory is not null)
        {
            // Debian's way: libraries in one tree, no modules, no network.
            start.Environment["GOPATH"] = "/usr/share/gocode";
            start.Environment["GO111MODULE"] = "off";
            start.Environment["GOCACHE"] = Path.Combine(buildDirectory, "cache");
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private void AddError(string? line)
    {
        if (line is not null)
        {
            lock (_errors)
            {
                _errors.Add(line);
            }
        }
    }
}
