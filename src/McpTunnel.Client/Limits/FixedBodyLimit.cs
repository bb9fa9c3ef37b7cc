using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Client.Limits;

/// <summary>Stands where the server's feature was and lets nobody change the limit that is already set.</summary>
internal sealed class FixedBodyLimit : IHttpMaxRequestBodySizeFeature
{
    public static readonly FixedBodyLimit Instance = new();

    public bool IsReadOnly => true;

    public long? MaxRequestBodySize
    {
        get => null;
        set => throw new InvalidOperationException("The limit on the request body is fixed.");
    }
}
