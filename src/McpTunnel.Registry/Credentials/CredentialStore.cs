using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Storage;
using McpTunnel.Registry.Tunnels;
using Microsoft.EntityFrameworkCore;

namespace McpTunnel.Registry.Credentials;

/// <summary>Tokens and link certificates in the database.</summary>
internal sealed class CredentialStore(RegistryDatabase database) : ICredentialRegistry
{
    /// <summary>A quarter: whoever has not rolled a token out by then has forgotten it.</summary>
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(90);

    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(3653);

    public Task<NewToken> IssueTokenAsync(
        string tunnelId, TimeSpan? lifetime, TimeSpan overlap, AdminActor actor, CancellationToken cancellationToken)
    {
        if (lifetime <= TimeSpan.Zero || lifetime > LongestLifetime)
        {
            throw new RegistryException(RegistryFault.OutOfRange, $"A token is valid for more than nothing and at most {LongestLifetime.TotalDays:0} days.");
        }

        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
        {
            throw new RegistryException(RegistryFault.OutOfRange, $"Two tokens overlap by 0 to {LongestOverlap.TotalDays:0} days.");
        }

        return database.WriteAsync(
            async context =>
            {
                await RequireActiveAsync(context, tunnelId, cancellationToken);
                var now = database.Now;
                var ended = await EndOlderAsync(context, tunnelId, now, overlap, cancellationToken);
                var token = TunnelToken.Create(tunnelId, RandomNumberGenerator.GetBytes(SecretText.RandomBytes));
                var entity = new TunnelTokenEntity
                {
                    Id = RegistryDatabase.NewId("tok_"),
                    TunnelId = tunnelId,
                    Hash = token.Hash,
                    Created = now,
                    Expires = now + lifetime,
                };
                context.Tokens.Add(entity);
                database.Audit(context, actor, "token.issue", entity.Id, tunnelId, string.Create(CultureInfo.InvariantCulture, $"{token.Fingerprint}, overlap {overlap}"));
                return new NewToken(token, entity.ToRecord(), ended);
            },
            cancellationToken);
    }

    public Task<Page<TunnelTokenRecord>> ListTokensAsync(string tunnelId, PageRequest page, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async context =>
            {
                await RequireTunnelAsync(context, tunnelId, cancellationToken);
                var tokens = context.Tokens.Where(token => token.TunnelId == tunnelId);
                return await Paging.NewestFirstAsync(tokens, page, token => token.ToRecord(), cancellationToken);
            },
            cancellationToken);

    public Task<TunnelTokenRecord> RevokeTokenAsync(string tunnelId, string tokenId, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var token = await context.Tokens.SingleOrDefaultAsync(token => token.Id == tokenId && token.TunnelId == tunnelId, cancellationToken)
                    ?? throw Missing.Of("token", tokenId);
                if (token.Revoked is null)
                {
                    token.Revoked = database.Now;
                    database.Audit(context, actor, "token.revoke", token.Id, tunnelId, token.Hash[..SecretText.FingerprintDigits]);
                }

                return token.ToRecord();
            },
            cancellationToken);

    public Task AddCertificateAsync(LinkCertificateRecord certificate, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await RequireActiveAsync(context, certificate.TunnelId, cancellationToken);
                context.LinkCertificates.Add(new LinkCertificateEntity
                {
                    TunnelId = certificate.TunnelId,
                    Serial = certificate.Serial,
                    Fingerprint = certificate.Fingerprint,
                    NotBefore = certificate.NotBefore,
                    NotAfter = certificate.NotAfter,
                    Issued = certificate.Issued,
                });
                database.Audit(context, actor, "certificate.issue", certificate.Serial, certificate.TunnelId, $"until {certificate.NotAfter:u}");
                return true;
            },
            cancellationToken);

    public Task<Page<LinkCertificateRecord>> ListCertificatesAsync(string tunnelId, PageRequest page, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async context =>
            {
                await RequireTunnelAsync(context, tunnelId, cancellationToken);
                var certificates = context.LinkCertificates.Where(certificate => certificate.TunnelId == tunnelId);
                return await Paging.NewestFirstAsync(certificates, page, certificate => certificate.ToRecord(), cancellationToken);
            },
            cancellationToken);

    public Task<LinkCertificateRecord> RevokeCertificateAsync(
        string tunnelId, string serial, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var certificate = await context.LinkCertificates
                    .SingleOrDefaultAsync(certificate => certificate.TunnelId == tunnelId && certificate.Serial == serial, cancellationToken)
                    ?? throw Missing.Of("link certificate", serial);
                if (certificate.Revoked is null)
                {
                    certificate.Revoked = database.Now;
                    database.Audit(context, actor, "certificate.revoke", serial, tunnelId, "");
                }

                return certificate.ToRecord();
            },
            cancellationToken);

    public Task<CredentialLookup> FindCredentialsAsync(
        string tunnelId, string tokenHash, string? certificateFingerprint, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async context =>
            {
                var tunnel = await context.Tunnels.AsNoTracking().SingleOrDefaultAsync(tunnel => tunnel.Id == tunnelId, cancellationToken);
                var token = await context.Tokens.AsNoTracking().SingleOrDefaultAsync(token => token.Hash == tokenHash, cancellationToken);
                var certificate = certificateFingerprint is null
                    ? null
                    : await context.LinkCertificates.AsNoTracking()
                        .SingleOrDefaultAsync(certificate => certificate.Fingerprint == certificateFingerprint, cancellationToken);
                return new CredentialLookup(
                    tunnel?.ToRecord(), token is not null && SameHash(token.Hash, tokenHash) ? token.ToRecord() : null, certificate?.ToRecord());
            },
            cancellationToken);

    /// <summary>The database's comparison stops at the first difference; this one does not.</summary>
    internal static bool SameHash(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(left), Encoding.ASCII.GetBytes(right));

    private static async Task<IReadOnlyList<TunnelTokenRecord>> EndOlderAsync(
        RegistryContext context, string tunnelId, DateTimeOffset now, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var valid = await context.Tokens
            .Where(token => token.TunnelId == tunnelId && token.Revoked == null && (token.Expires == null || token.Expires > now))
            .OrderByDescending(token => token.Number)
            .ToListAsync(cancellationToken);
        for (var i = 0; i < valid.Count; i++)
        {
            var end = i == 0 ? now + overlap : now;
            if (valid[i].Expires is null || valid[i].Expires > end)
            {
                valid[i].Expires = end;
            }
        }

        return [.. valid.Where(token => token.Expires <= now).Select(token => token.ToRecord())];
    }

    private static async Task RequireTunnelAsync(RegistryContext context, string tunnelId, CancellationToken cancellationToken)
    {
        if (!await context.Tunnels.AnyAsync(tunnel => tunnel.Id == tunnelId, cancellationToken))
        {
            throw Missing.Tunnel(tunnelId);
        }
    }

    private static async Task RequireActiveAsync(RegistryContext context, string tunnelId, CancellationToken cancellationToken)
    {
        var tunnel = await context.Tunnels.AsNoTracking().SingleOrDefaultAsync(tunnel => tunnel.Id == tunnelId, cancellationToken)
            ?? throw Missing.Tunnel(tunnelId);
        if (tunnel.State == TunnelState.Archived)
        {
            throw new RegistryException(RegistryFault.Archived, $"The tunnel {tunnelId} ({tunnel.Label}) is archived. Create another one.");
        }
    }
}
