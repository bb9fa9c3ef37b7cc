using McpTunnel.Client.Enrolment;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Cli.AdminApi;

/// <summary>Enrols a client over the edge's API.</summary>
internal static class EdgeEnrolment
{
    /// <inheritdoc cref="Enroller.EnrolAsync"/>
    public static async Task<EnrolmentRecord> EnrolAsync(
        EdgeConnection connection, Secret token, string stateDirectory, CancellationToken cancellationToken)
    {
        using var http = new EnrolmentHttp(connection.Edge, connection.Authorities, connection.ConnectTo, connection.Proxy);
        return await Enroller.EnrolAsync(connection.Edge, token, stateDirectory, http.CallAsync, cancellationToken);
    }
}
