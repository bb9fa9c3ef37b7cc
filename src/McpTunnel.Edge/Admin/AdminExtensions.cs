using McpTunnel.Edge.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace McpTunnel.Edge.Admin;

/// <summary>The admin API and its description.</summary>
internal static class AdminExtensions
{
    internal const string Version = "v1";

    /// <summary>
    /// Adds the admin API. Needs what enrolment adds, a <see cref="TimeProvider"/> and an <see cref="ILiveLinks"/> among the services.
    /// </summary>
    /// <param name="services">Where to add.</param>
    /// <param name="edgeDomain">The edge's domain, lower case: tunnels are made below it.</param>
    public static IServiceCollection AddAdmin(this IServiceCollection services, string edgeDomain)
    {
        services.TryAddSingleton(new AdminOptions(edgeDomain));
        services.TryAddSingleton<ApiDescription>();
        services.TryAddSingleton<TunnelEndpoints>();
        services.TryAddSingleton<TokenEndpoints>();
        services.TryAddSingleton<LinkCertificateEndpoints>();
        services.TryAddSingleton<AdminKeyEndpoints>();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        services.AddOpenApi(Version, openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "McpTunnel edge", Version = Version, Description = "Enrolment of clients and administration of an edge." };

            // Whoever reads it came by a name of his own choice; the edge has several.
            document.Servers = [];
            return Task.CompletedTask;
        }));
        return services;
    }

    /// <summary>
    /// Serves the admin API below <c>/v1</c> and its description at <c>/v1/openapi.json</c>. Endpoints added to the returned group ask
    /// for an admin key too.
    /// </summary>
    public static RouteGroupBuilder MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet($"/{Version}/openapi.json", (ApiDescription description) => description.ShowAsync()).ExcludeFromDescription();
        var group = endpoints.MapGroup("/" + Version);
        group.AddEndpointFilter<ApiFilter>();
        group.AddEndpointFilter<AdminFilter>();
        group.WithTags("administration").ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        TunnelEndpoints.Map(group);
        TokenEndpoints.Map(group);
        LinkCertificateEndpoints.Map(group);
        AdminKeyEndpoints.Map(group);
        return group;
    }

    /// <summary>Describes the two query parameters of every list.</summary>
    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder builder) =>
        builder.ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "limit",
                In = ParameterLocation.Query,
                Description = "Items at most, from 1 to 200; 50 when absent.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
            });
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "after",
                In = ParameterLocation.Query,
                Description = "The 'next' of the part before.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });
}
