using McpTunnel.Configuration;
using McpTunnel.Configuration.Loading;
using McpTunnel.Configuration.Watching;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Configuration.Watching;

public sealed class ConfigurationFileTests
{
    private ScratchDirectory _directory = null!;
    private FakeTimeProvider _time = null!;
    private List<SampleOptions> _applied = null!;
    private Func<SampleOptions, CancellationToken, ValueTask> _apply = null!;
    private string _path = null!;

    [SetUp]
    public void CreateDirectory()
    {
        _directory = new ScratchDirectory();
        _time = new FakeTimeProvider(new DateTimeOffset(2026, 7, 28, 0, 0, 0, TimeSpan.Zero));
        _applied = [];
        _apply = (options, _) =>
        {
            _applied.Add(options);
            return ValueTask.CompletedTask;
        };
        _path = _directory.Write("client.yaml", "name: first\n");
    }

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Load_bad_file_throws_all_errors()
    {
        _directory.Write("client.yaml", "size: x\nwait: x\n");

        var thrown = Assert.Throws<ConfigurationException>(() => Open());

        Assert.That(thrown!.Errors, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Check_unchanged_file_applies_nothing()
    {
        await using var file = Open();
        file.Start(_apply);

        await CheckAsync(file, times: 3);

        Assert.That(_applied, Is.Empty);
    }

    [Test]
    public async Task Check_changed_file_is_in_force_at_the_second_look()
    {
        await using var file = Open();
        file.Start(_apply);
        _directory.Write("client.yaml", "name: second\n");

        await CheckAsync(file, times: 1);
        var afterFirst = file.Current.Name;
        await CheckAsync(file, times: 1);

        Assert.Multiple(() =>
        {
            Assert.That(afterFirst, Is.EqualTo("first"));
            Assert.That(file.Current.Name, Is.EqualTo("second"));
            Assert.That(_applied.Single().Name, Is.EqualTo("second"));
            Assert.That(file.Status.Reloads, Is.EqualTo(1));
            Assert.That(file.Status.IsCurrent, Is.True);
        });
    }

    [Test]
    public async Task Timer_looks_at_the_file_each_interval()
    {
        await using var file = Open();
        var applied = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        file.Start((options, _) =>
        {
            applied.TrySetResult(options.Name);
            return ValueTask.CompletedTask;
        });
        _directory.Write("client.yaml", "name: second\n");

        while (!applied.Task.IsCompleted)
        {
            _time.Advance(ConfigurationFile<SampleOptions>.CheckInterval);
            await Task.Yield();
        }

        Assert.That(await applied.Task, Is.EqualTo("second"));
    }

    [Test]
    public async Task F33_file_written_in_two_saves_is_never_in_force_half_way()
    {
        await using var file = Open();
        file.Start(_apply);

        // Valid on its own, but only a half of what the editor is about to write.
        _directory.Write("client.yaml", "name: second\n");
        await CheckAsync(file, times: 1);
        _directory.Write("client.yaml", "name: second\nlimits: { calls: 3 }\n");
        await CheckAsync(file, times: 2);

        Assert.That(_applied.Single().Limits.Calls, Is.EqualTo(3));
    }

    [TestCase("")]
    [TestCase("name: sec")]
    [TestCase("name: second\nsize: [")]
    [TestCase("name: second\nsiz: 4MiB")]
    public async Task F33_partial_empty_or_wrong_file_leaves_the_last_good_one(string text)
    {
        await using var file = Open(new RefuseName("sec"));
        file.Start(_apply);
        _directory.Write("client.yaml", text);

        await CheckAsync(file, times: 5);

        Assert.Multiple(() =>
        {
            Assert.That(file.Current.Name, Is.EqualTo("first"));
            Assert.That(_applied, Is.Empty);
            Assert.That(file.Status.Errors, Is.Not.Empty);
            Assert.That(file.Status.Refusals, Is.EqualTo(1), "one change, told once");
        });
    }

    [Test]
    public async Task F33_oversized_file_leaves_the_last_good_one()
    {
        await using var file = Open();
        file.Start(_apply);
        _directory.Write("client.yaml", "name: second\n".PadRight(ConfigurationLimits.MaxFileBytes + 1, '#'));

        await CheckAsync(file, times: 2);

        Assert.Multiple(() =>
        {
            Assert.That(file.Current.Name, Is.EqualTo("first"));
            Assert.That(file.Status.Errors.Single().Message, Does.StartWith("The file is larger"));
        });
    }

    [Test]
    public async Task F33_removed_file_leaves_the_last_good_one_and_comes_back()
    {
        await using var file = Open();
        file.Start(_apply);

        File.Delete(_path);
        await CheckAsync(file, times: 2);
        var whileGone = (file.Current.Name, file.Status.IsCurrent);
        _directory.Write("client.yaml", "name: first\n");
        await CheckAsync(file, times: 1);

        Assert.Multiple(() =>
        {
            Assert.That(whileGone, Is.EqualTo(("first", false)));
            Assert.That(file.Status.IsCurrent, Is.True);
            Assert.That(_applied, Is.Empty);
        });
    }

    [Test]
    public async Task F33_swapped_symbolic_link_is_followed_and_a_dangling_one_refused()
    {
        _directory.Write("data-1/client.yaml", "name: first\n");
        _directory.Write("data-2/client.yaml", "name: second\n");
        var link = Path.Combine(_directory.Path, "data");
        Directory.CreateSymbolicLink(link, Path.Combine(_directory.Path, "data-1"));
        await using var file = Open(path: Path.Combine(link, "client.yaml"));
        file.Start(_apply);

        Swap(link, "data-2");
        await CheckAsync(file, times: 2);
        var afterSwap = file.Current.Name;
        Swap(link, "data-3");
        await CheckAsync(file, times: 2);

        Assert.Multiple(() =>
        {
            Assert.That(afterSwap, Is.EqualTo("second"));
            Assert.That(file.Current.Name, Is.EqualTo("second"));
            Assert.That(file.Status.Errors.Single().Message, Is.EqualTo("The file does not exist"));
        });
    }

    [Test]
    public async Task Check_drop_in_added_changed_and_removed_is_seen()
    {
        var seen = new List<int>();
        await using var file = Open();
        file.Start((options, _) =>
        {
            seen.Add(options.Items.Count);
            return ValueTask.CompletedTask;
        });

        _directory.Write("items.d/a.yaml", "items: [{ id: 1 }]\n");
        await CheckAsync(file, times: 2);
        _directory.Write("items.d/a.yaml", "items: [{ id: 1 }, { id: 2 }]\n");
        await CheckAsync(file, times: 2);
        File.Delete(Path.Combine(_directory.Path, "items.d", "a.yaml"));
        await CheckAsync(file, times: 2);

        Assert.That(seen, Is.EqualTo(new[] { 1, 2, 0 }));
    }

    [Test]
    public async Task Check_change_refused_by_the_host_is_tried_again_until_it_is_taken()
    {
        var certificateIsThere = false;
        await using var file = Open();
        file.Start((_, _) => certificateIsThere
            ? ValueTask.CompletedTask
            : throw new ConfigurationException([new ConfigurationError(SourceLocation.WholeFile(_path), "The certificate is not there", "Make it")]));
        _directory.Write("client.yaml", "name: second\n");

        await CheckAsync(file, times: 4);
        var refused = (file.Current.Name, file.Status.Refusals, file.Status.Errors.Single().Message);
        certificateIsThere = true;
        await CheckAsync(file, times: 1);

        Assert.Multiple(() =>
        {
            Assert.That(refused, Is.EqualTo(("first", 1L, "The certificate is not there")));
            Assert.That(file.Current.Name, Is.EqualTo("second"));
            Assert.That(file.Status.IsCurrent, Is.True);
        });
    }

    [Test]
    public async Task Check_host_that_throws_anything_leaves_the_last_good_one()
    {
        await using var file = Open();
        file.Start((_, _) => throw new InvalidOperationException("no such thing."));
        _directory.Write("client.yaml", "name: second\n");

        await CheckAsync(file, times: 2);

        Assert.Multiple(() =>
        {
            Assert.That(file.Current.Name, Is.EqualTo("first"));
            Assert.That(file.Status.Errors.Single().Message, Is.EqualTo("The configuration could not be taken over: no such thing"));
        });
    }

    private static async Task CheckAsync(ConfigurationFile<SampleOptions> file, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await file.CheckAsync(CancellationToken.None);
        }
    }

    private void Swap(string link, string target)
    {
        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, Path.Combine(_directory.Path, target));
    }

    private ConfigurationFile<SampleOptions> Open(IConfigurationValidator<SampleOptions>? validator = null, string? path = null)
    {
        var dropIns = new DropInDirectory<SampleOptions, SampleDropIn>(
            (_, _) => Path.Combine(_directory.Path, "items.d"), (main, files) => main with { Items = [.. main.Items, .. files.SelectMany(file => file.Items)] });
        var loader = new ConfigurationLoader<SampleOptions>(validator is null ? [] : [validator], dropIns, new Dictionary<string, string>());
        return new ConfigurationFile<SampleOptions>(path ?? _path, loader, _time, NullLogger.Instance);
    }

    private sealed class RefuseName(string name) : IConfigurationValidator<SampleOptions>
    {
        public void Validate(SampleOptions options, ValidationContext context)
        {
            if (options.Name == name)
            {
                context.Error(options, nameof(SampleOptions.Name), "Not this name", "Take another");
            }
        }
    }
}
