using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace McpTunnel.Registry.Storage;

/// <summary>A point in time as milliseconds since 1970 UTC: the same in every database, and it sorts.</summary>
internal sealed class UnixMillisecondsConverter()
    : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), number => DateTimeOffset.FromUnixTimeMilliseconds(number));
