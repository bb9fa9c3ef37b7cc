using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Verification;
using McpTunnel.Edge.Api;
using McpTunnel.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace McpTunnel.Edge.Enrolment;

/// <summary>Enrolment of clients, and the check of what they enrolled for.</summary>
internal static class EnrolmentExtensions
{
    /// <summary>
    /// Adds enrolment and <see cref="LinkCredentialChecker"/>. Needs a <see cref="TimeProvider"/> and metrics among the services.
    /// </summary>
    /// <param name="services">Where to add.</param>
    /// <param name="authority">The tunnel CA, with its key. Not disposed here.</param>
    /// <param name="registry">The registry. Not disposed here.</param>
    /// <param name="options">Bounds; the defaults when null.</param>
    public static IServiceCollection AddEnrolment(
        this IServiceCollection services, TunnelCa authority, EdgeRegistry registry, EnrolmentOptions? options = null)
    {
        services.TryAddSingleton(registry.Tunnels);
        services.TryAddSingleton(registry.Credentials);
        services.TryAddSingleton(registry.Authorities);
        services.TryAddSingleton(registry.Administration);
        services.TryAddSingleton(options ?? new EnrolmentOptions());
        services.TryAddSingleton<ChangeGate>();
        services.TryAddSingleton<EnrolmentMetrics>();
        services.TryAddSingleton<EnrolmentEndpoint>();
        services.TryAddSingleton(provider => new EnrolmentService(
            authority,
            registry.Credentials,
            provider.GetRequiredService<EnrolmentOptions>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new LinkCertificateVerifier([authority.Certificate], provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<LinkCredentialChecker>();
        return services;
    }

    /// <summary>Serves <c>POST /v1/enroll</c>.</summary>
    public static IEndpointConventionBuilder MapEnrolment(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/v1/enroll", (HttpContext context, EnrolmentEndpoint endpoint) => endpoint.HandleAsync(context))
            .AddEndpointFilter<ApiFilter>()
            .WithName("enroll")
            .WithSummary("Exchanges a tunnel token and a signing request for a link certificate.")
            .WithTags("enrolment")
            .Accepts<EnrolmentRequest>("application/json")
            .Produces<EnrolmentAnswer>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status410Gone)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
}
