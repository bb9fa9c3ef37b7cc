using System.Net;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Enrolment;

/// <summary>The HTTP side of enrolment: limits, body, answer.</summary>
internal sealed class EnrolmentEndpoint(
    EnrolmentService service, EnrolmentOptions options, EnrolmentMetrics metrics, TimeProvider timeProvider, ILogger<EnrolmentEndpoint> logger)
{
    private readonly SourceTable _sources = new(
        new SourceLimits(options.PerSourcePerSecond, options.Burst, Pending: int.MaxValue, Streams: 0, Callers: 0, options.Sources), timeProvider);

    public async Task<IResult> HandleAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        try
        {
            Admit(address);
            var request = await RequestBody.ReadAsync(context.Request, ApiJson.Default.EnrolmentRequest, context.RequestAborted);
            var (answer, serial, tokenId) = await EnrolAsync(request, address, context.RequestAborted);
            metrics.Enrolment(refusal: null);
            logger.Enrolled(answer.Tunnel, serial, address.ToString(), tokenId, answer.NotAfter);
            return ApiResults.Json(answer, ApiJson.Default.EnrolmentAnswer);
        }
        catch (ApiException exception)
        {
            metrics.Enrolment(exception.Code);
            if (RefusedConnection.Close(context))
            {
                logger.EnrolmentRefused(address.ToString(), exception.Code.WireName(), exception.Message);
            }

            throw;
        }
    }

    private async Task<(EnrolmentAnswer Answer, string Serial, string TokenId)> EnrolAsync(
        EnrolmentRequest request, IPAddress address, CancellationToken cancellationToken)
    {
        try
        {
            return await service.EnrolAsync(request, address.ToString(), cancellationToken);
        }
        catch (RegistryException exception)
        {
            // Archived between the look-up and the entry.
            throw ApiResults.From(exception);
        }
    }

    private void Admit(IPAddress address)
    {
        if (_sources.TryAdmit(SourceKey.Of(address), out var source) is not null)
        {
            throw new ApiException(
                TunnelCode.RateLimited,
                "Too many enrolments from this address. Wait, and have clients keep their certificate instead of enrolling at each start.",
                TimeSpan.FromSeconds(Math.Max(1, 1 / options.PerSourcePerSecond)));
        }

        _sources.ReleasePending(source);
    }
}
