using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace McpTunnel.Cli.Demo.Sample;

/// <summary>Maps endpoints into one application whose handlers come from another container.</summary>
internal sealed class EndpointsOver(IEndpointRouteBuilder inner, IServiceProvider services) : IEndpointRouteBuilder
{
    public IServiceProvider ServiceProvider => services;

    public ICollection<EndpointDataSource> DataSources => inner.DataSources;

    public IApplicationBuilder CreateApplicationBuilder() => inner.CreateApplicationBuilder();
}
