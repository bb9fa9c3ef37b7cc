using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Edge.Api;

/// <summary>Answers of the edge's API.</summary>
internal static class ApiResults
{
    private const string ProblemType = "application/problem+json";

    public static IResult Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) => Results.Json(value, type, statusCode: status);

    /// <summary>The problem document of a refusal.</summary>
    public static IResult Problem(TunnelCode code, string detail, int? status = null)
    {
        var info = code.Info();
        var problem = new ApiProblem(info.Name, Title(info.Name), status ?? info.HttpStatus, detail, info.Retryable);
        return Results.Json(problem, ApiJson.Default.ApiProblem, ProblemType, problem.Status);
    }

    /// <summary>The same, with what the exception says about trying again.</summary>
    public static IResult Problem(HttpContext context, ApiException exception)
    {
        if (exception.RetryAfter is { } retryAfter)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return Problem(exception.Code, exception.Message, exception.Status);
    }

    /// <summary>What a refusal of the registry means over HTTP.</summary>
    public static ApiException From(RegistryException exception) => new(
        exception.Fault switch
        {
            RegistryFault.LabelTaken => TunnelCode.LabelTaken,
            RegistryFault.LabelInvalid => TunnelCode.LabelInvalid,
            RegistryFault.NotFound => TunnelCode.NotFound,
            RegistryFault.Archived => TunnelCode.TunnelArchived,
            RegistryFault.LastAdministrator => TunnelCode.LastAdministrator,
            RegistryFault.NotWritable => TunnelCode.EdgeOverloaded,
            _ => TunnelCode.RequestMalformed,
        },
        exception.Message);

    /// <summary>"token_revoked" as "Token revoked".</summary>
    private static string Title(string wireName) => char.ToUpperInvariant(wireName[0]) + wireName[1..].Replace('_', ' ');
}
