using System.Text.Json.Serialization;
using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Enrolment;

namespace McpTunnel.Edge.Api;

/// <summary>JSON of the edge's API: camel case, unknown members ignored, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TunnelStateConverter), typeof(AdminRoleConverter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(CreateTunnelRequest))]
[JsonSerializable(typeof(IssueTokenRequest))]
[JsonSerializable(typeof(IssueAdminKeyRequest))]
[JsonSerializable(typeof(TunnelView))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(IssuedTokenView))]
[JsonSerializable(typeof(RevokedTokenView))]
[JsonSerializable(typeof(LinkCertificateView))]
[JsonSerializable(typeof(RevokedLinkCertificateView))]
[JsonSerializable(typeof(ArchivedTunnelView))]
[JsonSerializable(typeof(AdminKeyView))]
[JsonSerializable(typeof(IssuedAdminKeyView))]
[JsonSerializable(typeof(AuditEntryView))]
[JsonSerializable(typeof(PageView<TunnelView>))]
[JsonSerializable(typeof(PageView<TokenView>))]
[JsonSerializable(typeof(PageView<LinkCertificateView>))]
[JsonSerializable(typeof(PageView<AdminKeyView>))]
[JsonSerializable(typeof(PageView<AuditEntryView>))]
internal sealed partial class ApiJson : JsonSerializerContext;
