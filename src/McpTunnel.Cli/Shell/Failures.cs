using System.Net.Sockets;
using System.Security.Authentication;
using McpTunnel.Certificates;
using McpTunnel.Client.Enrolment;
using McpTunnel.Configuration;
using McpTunnel.Edge;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.Cli.Shell;

/// <summary>Translates exceptions, at the one place where they leave the program, into what a person reads.</summary>
internal static class Failures
{
    public static Failure Of(Exception exception) => exception switch
    {
        CliException e => new(e.Code, e.Message, e.Where, e.Remedy, e.Refusal, []),
        ConfigurationException e => new(
            ExitCode.Usage, e.Errors.Count == 1 ? "The configuration has an error." : $"The configuration has {e.Errors.Count} errors.", null, null, null, [.. e.Errors.Select(error => error.ToString())]),
        EdgeStartException or EdgeInitializationException or InvalidDataException => new(ExitCode.Usage, exception.Message, null, null, null, []),
        EnrolmentException e => Enrolment(e),
        CertificateException e => new(ExitCode.Usage, e.Message, null, null, null, []),
        _ when Find<AddressInUseException>(exception) is { } e => PortTaken(e.Message),
        _ when Find<SocketException>(exception) is { SocketErrorCode: SocketError.AddressAlreadyInUse } e => PortTaken(e.Message),
        _ when Find<SocketException>(exception) is { SocketErrorCode: SocketError.AccessDenied } e => new(
            ExitCode.Usage, "This user may not listen on that port.", e.Message, "Choose a port from 1024 upwards, or give the process the capability CAP_NET_BIND_SERVICE.", null, []),
        HttpRequestException e => Unreachable(e),
        UnauthorizedAccessException e => new(ExitCode.Usage, e.Message, null, "Check the owner and the permissions, or run as the user that owns it.", null, []),
        IOException e => new(ExitCode.Failed, e.Message, null, null, null, []),
        _ => new(
            ExitCode.Failed, $"Unexpected: {exception.Message}", exception.GetType().Name, "This is a defect of the program. Run again with --debug and report what it prints.", null, []),
    };

    private static Failure Enrolment(EnrolmentException exception)
    {
        var exit = exception.Fault switch
        {
            EnrolmentFault.AddressInvalid or EnrolmentFault.TokenMalformed => ExitCode.Usage,
            EnrolmentFault.Refused => exception.IsRetryable ? ExitCode.Unreachable : ExitCode.Refused,
            EnrolmentFault.AnswerInvalid => ExitCode.Failed,
            _ => ExitCode.Unreachable,
        };
        return new(exit, exception.Message, exception.Where, exception.Remedy, exception.Code?.WireName(), []);
    }

    private static Failure PortTaken(string detail) => new(
        ExitCode.Usage, "The port is taken by another program.", detail, "Stop that program, or name another address: 'listen' or 'management' in edge.yaml, 'management.listen' in client.yaml, --port for the demo; port 0 takes a free one.", null, []);

    private static Failure Unreachable(HttpRequestException exception)
    {
        var remedy = Find<AuthenticationException>(exception) is not null
            ? "The certificate is not trusted: name the authority that signed it with --ca-file."
            : "Check the address, the name's DNS entry, and that a firewall or proxy lets the connection out. An edge that drains takes no connection any more: /readyz at its management address says so.";
        return new(ExitCode.Unreachable, exception.Message, null, remedy, null, []);
    }

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }
}
