using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace McpTunnel.Edge.Admin;

/// <summary>
/// The OpenAPI document of the API, made once. Anybody may ask for it, and making it costs as much as a hundred refused calls.
/// Thread-safe.
/// </summary>
internal sealed class ApiDescription([FromKeyedServices(AdminExtensions.Version)] IOpenApiDocumentProvider provider)
{
    private readonly Lazy<Task<byte[]>> _document = new(() => WriteAsync(provider));

    public async Task<IResult> ShowAsync() => Results.Bytes(await _document.Value, "application/json;charset=utf-8");

    private static async Task<byte[]> WriteAsync(IOpenApiDocumentProvider provider)
    {
        // For no caller in particular: the one who came first may leave.
        var document = await provider.GetOpenApiDocumentAsync(CancellationToken.None);
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
        return json.ToArray();
    }
}
