using McpTunnel.Protocol.Names;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Tunnels;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Registry;

public sealed class TunnelRegistryTests
{
    private MemoryRegistry _memory = null!;

    private ITunnelRegistry Tunnels => _memory.Registry.Tunnels;

    [SetUp]
    public async Task Open() => _memory = await MemoryRegistry.OpenAsync();

    [TearDown]
    public async Task Close() => await _memory.DisposeAsync();

    [Test]
    public async Task CreateAsync_then_both_lookups_find_the_tunnel_without_waiting()
    {
        var tunnel = await Create("acme");

        Assert.Multiple(() =>
        {
            Assert.That(TunnelId.IsValid(tunnel.Id), Is.True, tunnel.Id);
            Assert.That(tunnel.Domain, Is.EqualTo("acme.tunnel.example.com"));
            Assert.That(tunnel.State, Is.EqualTo(TunnelState.Active));
            Assert.That(tunnel.Created, Is.EqualTo(_memory.Time.GetUtcNow()));
            Assert.That(Tunnels.FindByLabel("acme"), Is.EqualTo(tunnel));
            Assert.That(Tunnels.FindById(tunnel.Id), Is.EqualTo(tunnel));
            Assert.That(Tunnels.FindByLabel("other"), Is.Null);
        });
    }

    [Test]
    public async Task CreateAsync_on_a_full_disk_says_so_and_changes_nothing_and_works_again_with_room()
    {
        _memory.Execute("PRAGMA max_page_count = 1");
        RegistryException? full = null;
        for (var i = 0; i < 1_000 && full is null; i++)
        {
            try
            {
                await Create($"acme-{i}");
            }
            catch (RegistryException exception)
            {
                full = exception;
                Assert.That(Tunnels.FindByLabel($"acme-{i}"), Is.Null);
            }
        }

        Assert.That((full?.Fault, full?.Message), Is.EqualTo((
            RegistryFault.NotWritable,
            "The registry cannot be written: the disk is full. Nothing was changed. Check space and permissions of the edge's state directory, and try again.")));
        Assert.That(_memory.Registry.WriteProblem, Is.EqualTo("the disk is full."));

        _memory.Execute("PRAGMA max_page_count = 100000");
        await Create("acme");
        Assert.That(_memory.Registry.WriteProblem, Is.Null);
    }

    [Test]
    public async Task CreateAsync_with_a_taken_label_is_refused_also_when_its_tunnel_is_archived()
    {
        var tunnel = await Create("acme");
        await AssertFault(RegistryFault.LabelTaken, () => Create("acme"));

        await Tunnels.ArchiveAsync(tunnel.Id, AdminActor.Local, CancellationToken.None);
        await AssertFault(RegistryFault.LabelTaken, () => Create("acme"));
    }

    [TestCase("")]
    [TestCase("Acme")]
    [TestCase("a.b")]
    [TestCase("-a")]
    [TestCase("a-")]
    [TestCase("a_b")]
    [TestCase("xn--caf-dma")]
    [TestCase("link")]
    [TestCase("agents")]
    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public Task CreateAsync_with_something_that_is_no_label_is_refused(string label) =>
        AssertFault(RegistryFault.LabelInvalid, () => Create(label));

    [Test]
    public async Task CreateAsync_takes_a_label_of_63_characters() =>
        Assert.That((await Create(new string('a', 63))).Label, Has.Length.EqualTo(63));

    [Test]
    public async Task ArchiveAsync_is_seen_by_lookups_at_once_and_can_be_repeated()
    {
        var tunnel = await Create("acme");

        await Tunnels.ArchiveAsync(tunnel.Id, AdminActor.Local, CancellationToken.None);
        await Tunnels.ArchiveAsync(tunnel.Id, AdminActor.Local, CancellationToken.None);

        Assert.That(Tunnels.FindByLabel("acme")?.State, Is.EqualTo(TunnelState.Archived));
        var audit = await _memory.Registry.Administration.ListAuditAsync(PageRequest.First, CancellationToken.None);
        Assert.That(audit.Items.Select(entry => entry.Action), Is.EqualTo(["tunnel.archive", "tunnel.create"]), "Each change once, newest first.");
    }

    [Test]
    public Task ArchiveAsync_of_an_unknown_tunnel_is_refused() =>
        AssertFault(RegistryFault.NotFound, () => Tunnels.ArchiveAsync("tnl_aaaaaaaaaaaaaaaa", AdminActor.Local, CancellationToken.None));

    [Test]
    public async Task ListAsync_gives_every_tunnel_once_over_pages()
    {
        foreach (var label in new[] { "delta", "alpha", "echo", "charlie", "bravo" })
        {
            await Create(label);
        }

        var labels = new List<string>();
        string? after = null;
        do
        {
            var page = await Tunnels.ListAsync(new PageRequest(2, after), CancellationToken.None);
            Assert.That(page.Items, Has.Count.LessThanOrEqualTo(2));
            labels.AddRange(page.Items.Select(tunnel => tunnel.Label));
            after = page.Next;
        }
        while (after is not null);

        Assert.That(labels, Is.EqualTo(["alpha", "bravo", "charlie", "delta", "echo"]));
    }

    [TestCase(1, true)]
    [TestCase(200, true)]
    [TestCase(0, false)]
    [TestCase(201, false)]
    public async Task ListAsync_bounds_the_page(int size, bool allowed)
    {
        if (allowed)
        {
            Assert.That((await Tunnels.ListAsync(new PageRequest(size, null), CancellationToken.None)).Items, Is.Empty);
        }
        else
        {
            await AssertFault(RegistryFault.OutOfRange, () => Tunnels.ListAsync(new PageRequest(size, null), CancellationToken.None));
        }
    }

    [Test]
    public async Task A_reopened_registry_has_the_same_tunnels()
    {
        var tunnel = await Create("acme");

        await using var reopened = await _memory.ReopenAsync();

        Assert.That(reopened.Tunnels.FindByLabel("acme"), Is.EqualTo(tunnel));
    }

    [Test]
    public async Task CreateAsync_of_one_label_many_times_at_once_makes_one_tunnel()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await Create("acme");
                return "made";
            }
            catch (RegistryException exception)
            {
                return exception.Fault.ToString();
            }
        }));

        Assert.That(outcomes.Order(), Is.EqualTo(Enumerable.Repeat("LabelTaken", 7).Append("made")));
    }

    private Task<TunnelRecord> Create(string label) => Tunnels.CreateAsync(label, "tunnel.example.com", AdminActor.Local, CancellationToken.None);

    private static async Task AssertFault(RegistryFault fault, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<RegistryException>(act);
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.Message);
    }
}
