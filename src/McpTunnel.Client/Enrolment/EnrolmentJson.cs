using System.Text.Json.Serialization;

namespace McpTunnel.Client.Enrolment;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(EnrolmentRecord))]
[JsonSerializable(typeof(EnrolmentBody))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(EnrolmentProblem))]
internal sealed partial class EnrolmentJson : JsonSerializerContext;
