using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace McpTunnel.Registry.Storage;

/// <summary>For <c>dotnet ef migrations add</c>; it opens no database.</summary>
internal sealed class RegistryContextFactory : IDesignTimeDbContextFactory<RegistryContext>
{
    public RegistryContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<RegistryContext>().UseSqlite("Data Source=:memory:").Options);
}
