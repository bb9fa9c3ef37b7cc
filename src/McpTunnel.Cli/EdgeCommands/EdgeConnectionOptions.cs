using System.CommandLine;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary>Options with which every command that speaks to an edge says which edge, and who asks.</summary>
internal sealed class EdgeConnectionOptions
{
    /// <summary>Environment variables that stand in for options.</summary>
    public const string EdgeVariable = "MCPTUNNEL_EDGE";

    public const string AdminKeyVariable = "MCPTUNNEL_ADMIN_KEY";

    private readonly Option<DirectoryInfo?> _state = new("--state")
    {
        Description = "The edge's state directory, when this is the edge's machine: address, CA and admin key are taken from it.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _edge = new("--edge") { Description = $"The edge, as https://DOMAIN[:PORT]. Or {EdgeVariable}.", HelpName = "URL" };

    private readonly Option<string?> _adminKeyFile = new("--admin-key-file")
    {
        Description = $"The file with the admin key, or - for standard input. Or the key in {AdminKeyVariable}.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _caFile = new("--ca-file") { Description = "PEM file with the CA of the edge's certificate, when it is a private one.", HelpName = "FILE" };

    private readonly Option<string?> _connect = new("--connect") { Description = "Connect to this address instead of what DNS says.", HelpName = "HOST:PORT" };

    public void AddTo(Command command)
    {
        command.Add(_state);
        command.Add(_edge);
        command.Add(_adminKeyFile);
        command.Add(_caFile);
        command.Add(_connect);
    }

    /// <summary>These options as they were given, each with a space in front, ready for a shell.</summary>
    public string Given(CommandContext context) => string.Concat(
        new (string Name, string? Value)[]
        {
            (_state.Name, context.Get(_state)?.ToString()),
            (_edge.Name, context.Get(_edge)),
            (_adminKeyFile.Name, context.Get(_adminKeyFile)),
            (_caFile.Name, context.Get(_caFile)),
            (_connect.Name, context.Get(_connect)),
        }.Where(option => option.Value is not null).Select(option => $" {option.Name} {ShellText.Quote(option.Value!)}"));

    /// <summary>Puts a connection together from options, environment and state directory, in that order.</summary>
    public async Task<EdgeConnection> ReadAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var state = context.Get(_state)?.FullName;
        var fromState = state is null ? null : EdgeAddress.FromState(state);
        var url = context.GetOrEnvironment(_edge, EdgeVariable);
        if (url is null && fromState is null)
        {
            throw new CliException(ExitCode.Usage, "Which edge is not said.", null, $"Name it with --edge https://DOMAIN or {EdgeVariable}, or on its own machine with --state DIR.");
        }

        var connect = context.Get(_connect);
        var caFile = context.Get(_caFile) ?? fromState?.CaFile;
        return new EdgeConnection(
            url is null ? fromState!.Edge : EdgeAddress.ParseUrl(url),
            connect is null ? fromState?.ConnectTo : EdgeAddress.ParseEndPoint(connect),
            caFile is null ? null : [.. await CertificateFile.ReadChainAsync(caFile, cancellationToken)],
            IsOwnMachine: url is null && connect is null,
            Management: url is null && connect is null ? fromState!.Management : null);
    }

    /// <summary>The admin key from its file, the environment or the state directory, in that order.</summary>
    public async Task<Secret> ReadAdminKeyAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Get(_adminKeyFile) is { } file)
        {
            return await SecretInput.ReadAsync(context.Terminal, file, "admin key", cancellationToken);
        }

        if (context.Terminal.Environment(AdminKeyVariable) is { Length: > 0 } key)
        {
            return new Secret(key);
        }

        return context.Get(_state)?.FullName is { } state
            ? await GuardedFile.ReadSecretAsync(Path.Combine(state, EdgeStateFiles.AdminKey), cancellationToken)
            : throw new CliException(
                ExitCode.Usage, "There is no admin key.", null, $"Name its file with --admin-key-file, or put it into {AdminKeyVariable}. 'edge init' wrote the first one into {EdgeStateFiles.AdminKey}.");
    }
}
