using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Registry;

public sealed class AdminRegistryTests
{
    private MemoryRegistry _memory = null!;

    private IAdminRegistry Administration => _memory.Registry.Administration;

    [SetUp]
    public async Task Open() => _memory = await MemoryRegistry.OpenAsync();

    [TearDown]
    public async Task Close() => await _memory.DisposeAsync();

    [Test]
    public async Task A_key_is_found_by_its_hash_until_it_is_revoked()
    {
        await Issue("first", AdminRole.Administrator);
        var issued = await Issue("second", AdminRole.Administrator);
        Assert.That(await Administration.FindKeyAsync(issued.Key.Hash, CancellationToken.None), Is.EqualTo(issued.Record));

        await Administration.RevokeKeyAsync(issued.Record.Id, AdminActor.Local, CancellationToken.None);

        Assert.That(await Administration.FindKeyAsync(issued.Key.Hash, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task RevokeKeyAsync_keeps_the_last_administrator()
    {
        var administrator = await Issue("only", AdminRole.Administrator);
        var viewer = await Issue("viewer", AdminRole.Viewer);

        var exception = await Assert.ThrowsAsync<RegistryException>(
            () => Administration.RevokeKeyAsync(administrator.Record.Id, AdminActor.Local, CancellationToken.None));
        Assert.That(exception!.Fault, Is.EqualTo(RegistryFault.LastAdministrator));
        await Administration.RevokeKeyAsync(viewer.Record.Id, AdminActor.Local, CancellationToken.None);
        Assert.That(await Administration.FindKeyAsync(administrator.Key.Hash, CancellationToken.None), Is.Not.Null);
    }

    [TestCase("", false)]
    [TestCase("a\nb", false)]
    [TestCase("ops", true)]
    public async Task IssueKeyAsync_checks_the_name(string name, bool allowed)
    {
        if (allowed)
        {
            Assert.That((await Issue(name, AdminRole.Viewer)).Record.Name, Is.EqualTo(name));
        }
        else
        {
            await Assert.ThrowsAsync<RegistryException>(() => Issue(name, AdminRole.Viewer));
        }
    }

    [Test]
    public async Task IssueKeyAsync_takes_a_name_of_100_characters_and_not_of_101()
    {
        Assert.That((await Issue(new string('n', 100), AdminRole.Viewer)).Record.Name, Has.Length.EqualTo(100));
        await Assert.ThrowsAsync<RegistryException>(() => Issue(new string('n', 101), AdminRole.Viewer));
    }

    [Test]
    public void AdminKey_reads_what_it_wrote_and_nothing_else()
    {
        var key = AdminKey.Create(new byte[20]);

        Assert.Multiple(() =>
        {
            Assert.That(AdminKey.TryParse(key.Reveal(), out var parsed), Is.True);
            Assert.That(parsed!.Hash, Is.EqualTo(key.Hash));
            Assert.That(AdminKey.TryParse(key.Reveal()[..^1], out _), Is.False);
            Assert.That(AdminKey.TryParse(key.Reveal().Replace("mca_a", "mca_b", StringComparison.Ordinal), out _), Is.False);
            Assert.That(AdminKey.TryParse(null, out _), Is.False);
            Assert.That(key.ToString(), Does.Not.Contain(key.Reveal()[4..]));
        });
    }

    private Task<NewAdminKey> Issue(string name, AdminRole role) =>
        Administration.IssueKeyAsync(name, role, AdminActor.Local, CancellationToken.None);
}
