using System.Text.Json.Serialization;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = ControlLimits.MaxDepth,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SecretWireConverter), typeof(MillisecondsConverter)])]
[JsonSerializable(typeof(HelloMessage))]
[JsonSerializable(typeof(ServersMessage))]
[JsonSerializable(typeof(DrainingMessage))]
[JsonSerializable(typeof(PingMessage))]
[JsonSerializable(typeof(PongMessage))]
[JsonSerializable(typeof(WelcomeMessage))]
[JsonSerializable(typeof(RefusedMessage))]
[JsonSerializable(typeof(DrainMessage))]
[JsonSerializable(typeof(CloseMessage))]
internal sealed partial class ControlJson : JsonSerializerContext;
