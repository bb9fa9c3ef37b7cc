using McpTunnel.Registry.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Registry;

public sealed class RegistryModelTests
{
    [Test]
    public void The_migrations_make_the_model_that_the_code_has()
    {
        using var context = new RegistryContextFactory().CreateDbContext([]);

        Assert.That(
            context.Database.HasPendingModelChanges(), Is.False,
            "Run: dotnet ef migrations add NAME --project src/McpTunnel.Registry --output-dir Migrations");
    }

    [Test]
    public async Task A_registry_of_a_newer_version_is_not_opened()
    {
        await using var registry = await MemoryRegistry.OpenAsync();
        registry.Execute("INSERT INTO __EFMigrationsHistory VALUES ('29991231000000_Later', '99.0.0')");

        var exception = await Assert.ThrowsAsync<InvalidDataException>(registry.ReopenAsync);

        Assert.That(exception!.Message, Does.Contain("29991231000000_Later"));
    }

    [Test]
    public void The_model_names_no_column_type_of_one_database()
    {
        using var context = new RegistryContextFactory().CreateDbContext([]);

        var typed = context.Model.GetEntityTypes()
            .SelectMany(entity => entity.GetProperties())
            .Where(property => property.FindAnnotation(RelationalAnnotationNames.ColumnType) is not null)
            .Select(property => $"{property.DeclaringType.DisplayName()}.{property.Name}");

        Assert.That(typed, Is.Empty);
    }

    [Test]
    public void Every_text_column_but_the_PEM_is_bounded()
    {
        using var context = new RegistryContextFactory().CreateDbContext([]);

        var unbounded = context.Model.GetEntityTypes()
            .SelectMany(entity => entity.GetProperties())
            .Where(property => property.ClrType == typeof(string) && property.GetMaxLength() is null)
            .Select(property => property.Name);

        Assert.That(unbounded, Is.EqualTo(["Pem"]));
    }
}
