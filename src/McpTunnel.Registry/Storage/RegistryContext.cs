using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace McpTunnel.Registry.Storage;

/// <summary>
/// The registry's tables. Kept to what every database of EF Core can store: bounded text, 64-bit integers, and points in time as
/// Unix milliseconds, so that they sort and compare in the database.
/// </summary>
internal sealed class RegistryContext(DbContextOptions<RegistryContext> options) : DbContext(options)
{
    private const int IdLength = 32;
    private const int HashLength = 64;
    private const int NameLength = 253;

    public DbSet<TunnelEntity> Tunnels => Set<TunnelEntity>();

    public DbSet<TunnelTokenEntity> Tokens => Set<TunnelTokenEntity>();

    public DbSet<LinkCertificateEntity> LinkCertificates => Set<LinkCertificateEntity>();

    public DbSet<AuthorityEntity> Authorities => Set<AuthorityEntity>();

    public DbSet<AdminKeyEntity> AdminKeys => Set<AdminKeyEntity>();

    public DbSet<AdminAuditEntity> AdminAudit => Set<AdminAuditEntity>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMillisecondsConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<TunnelEntity>(ConfigureTunnel);
        modelBuilder.Entity<TunnelTokenEntity>(ConfigureToken);
        modelBuilder.Entity<LinkCertificateEntity>(ConfigureLinkCertificate);
        modelBuilder.Entity<AuthorityEntity>(ConfigureAuthority);
        modelBuilder.Entity<AdminKeyEntity>(ConfigureAdminKey);
        modelBuilder.Entity<AdminAuditEntity>(ConfigureAdminAudit);
    }

    private static void ConfigureTunnel(EntityTypeBuilder<TunnelEntity> tunnel)
    {
        tunnel.ToTable("tunnels").HasKey(entity => entity.Id);
        tunnel.Property(entity => entity.Id).HasMaxLength(IdLength).IsRequired();
        tunnel.Property(entity => entity.Label).HasMaxLength(63);
        tunnel.Property(entity => entity.Domain).HasMaxLength(NameLength);
        tunnel.Property(entity => entity.State).HasConversion<int>();
        tunnel.HasIndex(entity => entity.Label).IsUnique();
    }

    private static void ConfigureToken(EntityTypeBuilder<TunnelTokenEntity> token)
    {
        token.ToTable("tunnel_tokens").HasKey(entity => entity.Number);
        token.Property(entity => entity.Number).ValueGeneratedOnAdd();
        token.Property(entity => entity.Id).HasMaxLength(IdLength).IsRequired();
        token.Property(entity => entity.TunnelId).HasMaxLength(IdLength);
        token.Property(entity => entity.Hash).HasMaxLength(HashLength);
        token.HasIndex(entity => entity.Id).IsUnique();
        token.HasIndex(entity => entity.Hash).IsUnique();
        token.HasIndex(entity => entity.TunnelId);
        token.HasOne<TunnelEntity>().WithMany().HasForeignKey(entity => entity.TunnelId).OnDelete(DeleteBehavior.Restrict);
    }

    private static void ConfigureLinkCertificate(EntityTypeBuilder<LinkCertificateEntity> certificate)
    {
        certificate.ToTable("link_certificates").HasKey(entity => entity.Number);
        certificate.Property(entity => entity.Number).ValueGeneratedOnAdd();
        certificate.Property(entity => entity.TunnelId).HasMaxLength(IdLength);
        certificate.Property(entity => entity.Serial).HasMaxLength(HashLength);
        certificate.Property(entity => entity.Fingerprint).HasMaxLength(HashLength);
        certificate.HasIndex(entity => entity.Fingerprint).IsUnique();
        certificate.HasIndex(entity => new { entity.TunnelId, entity.Serial }).IsUnique();
        certificate.HasOne<TunnelEntity>().WithMany().HasForeignKey(entity => entity.TunnelId).OnDelete(DeleteBehavior.Restrict);
    }

    private static void ConfigureAuthority(EntityTypeBuilder<AuthorityEntity> authority)
    {
        authority.ToTable("certificate_authorities").HasKey(entity => entity.Fingerprint);
        authority.Property(entity => entity.Fingerprint).HasMaxLength(HashLength);
        authority.Property(entity => entity.Kind).HasConversion<int>();
        authority.Property(entity => entity.TunnelId).HasMaxLength(IdLength);
        authority.HasOne<TunnelEntity>().WithMany().HasForeignKey(entity => entity.TunnelId).OnDelete(DeleteBehavior.Restrict);
    }

    private static void ConfigureAdminKey(EntityTypeBuilder<AdminKeyEntity> key)
    {
        key.ToTable("admin_keys").HasKey(entity => entity.Number);
        key.Property(entity => entity.Number).ValueGeneratedOnAdd();
        key.Property(entity => entity.Id).HasMaxLength(IdLength).IsRequired();
        key.Property(entity => entity.Name).HasMaxLength(NameLength);
        key.Property(entity => entity.Hash).HasMaxLength(HashLength);
        key.Property(entity => entity.Role).HasConversion<int>();
        key.HasIndex(entity => entity.Id).IsUnique();
        key.HasIndex(entity => entity.Hash).IsUnique();
    }

    private static void ConfigureAdminAudit(EntityTypeBuilder<AdminAuditEntity> entry)
    {
        // No foreign key to the tunnel: the log outlives whatever it speaks of.
        entry.ToTable("admin_audit").HasKey(entity => entity.Number);
        entry.Property(entity => entity.Number).ValueGeneratedOnAdd();
        entry.Property(entity => entity.ActorId).HasMaxLength(IdLength);
        entry.Property(entity => entity.ActorName).HasMaxLength(NameLength);
        entry.Property(entity => entity.Address).HasMaxLength(64);
        entry.Property(entity => entity.Action).HasMaxLength(64);
        entry.Property(entity => entity.Target).HasMaxLength(HashLength);
        entry.Property(entity => entity.TunnelId).HasMaxLength(IdLength);
        entry.Property(entity => entity.Detail).HasMaxLength(1000);
        entry.HasIndex(entity => entity.TunnelId);
    }
}
