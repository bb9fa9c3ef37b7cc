using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Edge.Api;

/// <summary>Reads the JSON body of an API call, bounded.</summary>
internal static class RequestBody
{
    /// <summary>The largest call carries one signing request of at most 16 KiB.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <exception cref="ApiException">Not JSON, not of this form, or too large.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (!request.HasJsonContentType())
        {
            throw new ApiException(TunnelCode.RequestMalformed, "Send a body with Content-Type: application/json.", status: StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.ContentLength > MaxBytes)
        {
            throw TooLarge();
        }

        // What is left of a refused body must not be read to its end either. The server counts the framing of chunks, down to one
        // byte each, and we do not.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = 8 * MaxBytes;
        }

        try
        {
            var body = new byte[Math.Min(MaxBytes, request.ContentLength ?? MaxBytes) + 1];
            var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
            if (length > MaxBytes)
            {
                throw TooLarge();
            }

            return JsonSerializer.Deserialize(body.AsSpan(0, length), type)
                ?? throw new ApiException(TunnelCode.RequestMalformed, "The body is null. Send a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new ApiException(
                TunnelCode.RequestMalformed, $"The body is not the JSON object that this call takes (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}). /v1/openapi.json describes it.");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }
    }

    private static ApiException TooLarge() =>
        new(TunnelCode.RequestBodyTooLarge, $"The body is longer than {MaxBytes} bytes.");
}
