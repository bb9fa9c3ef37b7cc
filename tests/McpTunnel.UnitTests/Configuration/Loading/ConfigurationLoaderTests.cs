using System.Net;
using System.Text;
using McpTunnel.Configuration;
using McpTunnel.Configuration.Loading;
using McpTunnel.Configuration.Values;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Configuration.Loading;

public sealed class ConfigurationLoaderTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Load_everything_written_binds_every_type()
    {
        var options = Load("""
            name: docs
            mode: veryFast
            enabled: false
            size: 64KiB
            wait: 1m30s
            listen: "[::1]:9464"
            networks: [10.0.0.0/8, "fd00::/8"]
            file: ca.pem
            url: https://issuer.example.com/tenant
            limits: { calls: 7 }
            items:
              - id: 1
                tags: [a, b]
              - id: 2
            """).Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.Name, Is.EqualTo("docs"));
            Assert.That(options.Mode, Is.EqualTo(SampleMode.VeryFast));
            Assert.That(options.Enabled, Is.False);
            Assert.That(options.Size, Is.EqualTo(ByteSize.KiB(64)));
            Assert.That(options.Wait, Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That(options.Listen, Is.EqualTo(new HostEndPoint("::1", 9464)));
            Assert.That(options.Networks, Is.EqualTo(new[] { IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8") }));
            Assert.That(options.File, Is.EqualTo(Path.Combine(_directory.Path, "ca.pem")));
            Assert.That(options.Url, Is.EqualTo(new Uri("https://issuer.example.com/tenant")));
            Assert.That(options.Limits.Calls, Is.EqualTo(7));
            Assert.That(options.Items.Select(item => item.Id), Is.EqualTo(new[] { 1, 2 }));
            Assert.That(options.Items[0].Tags, Is.EqualTo(new[] { "a", "b" }));
        });
    }

    [Test]
    public void Load_only_what_is_required_keeps_the_defaults()
    {
        var options = Load("name: docs\nlimits:\nsize: ~\n").Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.Size, Is.EqualTo(ByteSize.MiB(4)));
            Assert.That(options.Limits.Calls, Is.EqualTo(10));
            Assert.That(options.Enabled, Is.True);
        });
    }

    [Test]
    public void Load_many_faults_reports_all_with_their_places()
    {
        var lines = Lines(Load("""
            nam: docs
            mode: fast
            enabled: yes
            size: 4MB
            wait: 2h
            listen: localhost
            networks: 10.0.0.1/8
            url: http://issuer.example.com
            limits:
              calls: 101
              cals: 1
            items:
              - tags: x
            items: []
            """));

        Assert.That(lines, Is.EqualTo(new[]
        {
            "client.yaml:14:1: The key 'items' is written twice; the first time at client.yaml:12:1. Keep one of the two.",
            "client.yaml:1:1: The key 'nam' is not known in this file. Did you mean 'name'.",
            "client.yaml:2:7: 'fast' is not a value for 'mode'. Known here: slow, veryFast.",
            "client.yaml:3:10: 'yes' is not a value for 'enabled'. Write true or false.",
            "client.yaml:4:7: '4MB' is not a value for 'size'. Write a whole number with its unit (B, KiB, MiB, GiB), such as 4MiB.",
            "client.yaml:5:7: '2h' for 'wait' is too large. Write a value from 1s to 1h.",
            "client.yaml:6:9: 'localhost' is not a value for 'listen'. Write a host and a port, such as 127.0.0.1:9464 or [::1]:9464.",
            "client.yaml:7:11: The value of 'networks' must be a list. Write each item on its own line after '- ', or in brackets: [a, b].",
            "client.yaml:8:6: 'http://issuer.example.com' for 'url' does not start with https://. Write an absolute https URL without user name, password and fragment.",
            "client.yaml:10:10: '101' for 'calls' is too large. Write a value from 1 to 100.",
            "client.yaml:11:3: The key 'cals' is not known in 'limits'. Did you mean 'calls'.",
            "client.yaml:13:11: The value of 'tags' must be a list. Write each item on its own line after '- ', or in brackets: [a, b].",
            "client.yaml:13:5: The key 'id' is missing in an item of 'items'. Add 'id:': its number.",
            "client.yaml:1:1: The key 'name' is missing in this file. Add 'name:': what it is called.",
        }));
    }

    [TestCase("", "client.yaml: The file is empty, or not a regular file.")]
    [TestCase("# nothing yet\n", "client.yaml: The file is empty.")]
    [TestCase("---\n", "client.yaml: The file is empty.")]
    [TestCase("name: [a", "client.yaml:2:1: This is not valid YAML: ")]
    [TestCase("name: docs\n---\nname: docs\n", "client.yaml:2:1: The file has more than one YAML document.")]
    [TestCase("- a\n", "client.yaml:1:1: This file must be a list of keys with values.")]
    [TestCase("name: !!int 4\n", "client.yaml:1:7: The tag tag:yaml.org,2002:int is not supported.")]
    [TestCase("name: docs\n? [a]\n: b\n", "client.yaml:2:3: A key must be plain text.")]
    [TestCase("name: docs\n<<: {}\n", "client.yaml:2:1: Merge keys ('<<') are not supported.")]
    [TestCase("name: *other\n", "client.yaml:1:7: ")]
    [TestCase("name: docs\u0000\n", "client.yaml: The file has NUL characters.")]
    public void Load_structural_fault_is_refused_where_it_is(string text, string expected)
    {
        Assert.That(Lines(Load(text))[0], Does.StartWith(expected));
    }

    [Test]
    public void Load_aliases_are_followed()
    {
        var options = Load("name: docs\nitems:\n  - id: 1\n    tags: &t [a]\n  - id: 2\n    tags: *t\n").Require();

        Assert.That(options.Items[1].Tags, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Load_aliases_multiplying_without_end_are_refused_cheaply()
    {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" +
            string.Concat(Enumerable.Range(1, 12).Select(i => $"a{i}: &a{i} [{string.Join(",", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.That(Lines(Load(bomb))[0], Does.Contain($"more than {ConfigurationLimits.MaxNodes} values"));
    }

    [Test]
    public void Load_nesting_at_the_limit_is_read_and_one_more_refused()
    {
        string Nested(int depth) => $"name: docs\nx: {new string('[', depth)}{new string(']', depth)}\n";

        Assert.Multiple(() =>
        {
            Assert.That(Lines(Load(Nested(ConfigurationLimits.MaxDepth - 1)))[0], Does.Contain("'x' is not known"));
            Assert.That(Lines(Load(Nested(ConfigurationLimits.MaxDepth)))[0], Does.Contain("nests deeper than 16 levels"));
        });
    }

    [Test]
    public void Load_value_at_the_length_limit_is_read_and_one_more_refused()
    {
        string Long(int length) => $"name: docs\nfile: /{new string('x', length - 1)}\n";

        Assert.Multiple(() =>
        {
            Assert.That(Load(Long(ConfigurationLimits.MaxValueLength)).Errors, Is.Empty);
            Assert.That(Lines(Load(Long(ConfigurationLimits.MaxValueLength + 1)))[0], Does.Contain("longer than 4096 characters"));
        });
    }

    [Test]
    public void Load_file_at_the_size_limit_is_read_and_one_more_byte_refused()
    {
        string Sized(int bytes) => "name: docs\n".PadRight(bytes, '#');

        Assert.Multiple(() =>
        {
            Assert.That(Load(Sized(ConfigurationLimits.MaxFileBytes)).Errors, Is.Empty);
            Assert.That(Lines(Load(Sized(ConfigurationLimits.MaxFileBytes + 1)))[0], Does.StartWith("client.yaml: The file is larger than 1048576 bytes."));
        });
    }

    [Test]
    public void Load_list_at_the_count_limit_is_read_and_one_more_refused()
    {
        string Networks(int count) => $"name: docs\nnetworks: [{string.Join(",", Enumerable.Range(0, count).Select(i => $"10.{i}.0.0/16"))}]\n";

        Assert.Multiple(() =>
        {
            Assert.That(Load(Networks(3)).Errors, Is.Empty);
            Assert.That(Lines(Load(Networks(4)))[0], Does.StartWith("client.yaml:2:11: The list 'networks' has too many items. Write at most 3 items."));
        });
    }

    [Test]
    public void Load_missing_file_says_so()
    {
        var result = new ConfigurationLoader<SampleOptions>(environment: NoEnvironment).Load("/nowhere/client.yaml");

        Assert.That(result.Errors.Single().ToString(), Is.EqualTo("/nowhere/client.yaml: The file does not exist. Create it, or name the right path."));
    }

    [Test]
    public void Load_bytes_that_are_not_UTF8_are_refused()
    {
        var path = Path.Combine(_directory.Path, "client.yaml");
        File.WriteAllBytes(path, [(byte)'n', 0xFF, 0xFE]);

        var result = new ConfigurationLoader<SampleOptions>(environment: NoEnvironment).Load(path);

        Assert.That(Lines(result).Single(), Is.EqualTo("client.yaml: The file is not UTF-8 text. Save it as UTF-8."));
    }

    [Test]
    public void Load_more_faults_than_the_limit_tells_the_rest_as_a_count()
    {
        var result = Load(string.Concat(Enumerable.Range(0, ConfigurationLimits.MaxErrors + 10).Select(i => $"unknown{i}: 1\n")));

        Assert.Multiple(() =>
        {
            Assert.That(result.Errors, Has.Count.EqualTo(ConfigurationLimits.MaxErrors + 1));
            Assert.That(result.Errors[^1].Message, Is.EqualTo("11 more errors follow"));
        });
    }

    [Test]
    public void Load_environment_lies_over_the_file()
    {
        var options = Load(
            "name: docs\nlimits: { calls: 7 }\nitems: [{ id: 1 }]\n",
            new Dictionary<string, string>
            {
                ["MCPTUNNEL__LIMITS__CALLS"] = "9",
                ["MCPTUNNEL__Size"] = "8MiB",
                ["MCPTUNNEL__NETWORKS"] = "10.0.0.0/8, 127.0.0.1/32",
                ["MCPTUNNEL__ITEMS__0__ID"] = "5",
                ["MCPTUNNEL__ITEMS__1__ID"] = "6",
                ["MCPTUNNEL_STATE"] = "not an option",
            }).Require();

        Assert.Multiple(() =>
        {
            Assert.That(options.Limits.Calls, Is.EqualTo(9));
            Assert.That(options.Size, Is.EqualTo(ByteSize.MiB(8)));
            Assert.That(options.Networks, Has.Count.EqualTo(2));
            Assert.That(options.Items.Select(item => item.Id), Is.EqualTo(new[] { 5, 6 }));
        });
    }

    [Test]
    public void Load_environment_with_faults_names_the_variables()
    {
        var lines = Lines(Load("name: docs\n", new Dictionary<string, string>
        {
            ["MCPTUNNEL__SIZ"] = "1MiB",
            ["MCPTUNNEL__ITEMS__3__ID"] = "1",
            ["MCPTUNNEL__LIMITS"] = "1",
            ["MCPTUNNEL__WAIT"] = "soon",
        }));

        Assert.That(lines, Is.EqualTo(new[]
        {
            "environment MCPTUNNEL__ITEMS__3__ID: '3' is not a number of an item of 'items'. Number the items from 0, without gaps.",
            "environment MCPTUNNEL__LIMITS: 'limits' is a section. Name the option inside it, or end the name at it.",
            "environment MCPTUNNEL__SIZ: 'SIZ' is not an option. Did you mean 'size'.",
            "environment MCPTUNNEL__WAIT: 'soon' is not a value for 'wait'. Write a whole number with its unit (ms, s, m, h, d), such as 30s or 5m.",
        }));
    }

    [Test]
    public void Load_drop_in_files_are_merged_and_validated_across_files()
    {
        _directory.Write("items.d/b.yaml", "items: [{ id: 1 }]\n");
        _directory.Write("items.d/a.yaml", "items:\n  - id: 2\n");
        _directory.Write("items.d/.hidden.yaml", "nonsense: true\n");
        _directory.Write("items.d/readme.txt", "nonsense");

        var result = Load("name: docs\nitems: [{ id: 1 }]\n", validators: [new UniqueIds()], dropIns: Items());

        Assert.That(Lines(result), Is.EqualTo(new[] { "items.d/b.yaml:1:15: Item 1 is there twice; the first time at client.yaml:2:15. Remove one." }));
    }

    [Test]
    public void Load_drop_in_files_with_faults_are_all_reported()
    {
        _directory.Write("items.d/a.yaml", "");
        _directory.Write("items.d/b.yaml", "name: docs\n");

        var lines = Lines(Load("name: docs\nsize: 1\n", dropIns: Items()));

        Assert.That(lines.Select(line => line.Split(": ")[0]), Is.EqualTo(new[] { "client.yaml:2:7", "items.d/a.yaml", "items.d/b.yaml:1:1" }));
    }

    [Test]
    public void Load_file_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        Requires.Linux();
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", _directory["pipe.yaml"]))
        {
            mkfifo.WaitForExit();
        }

        var result = new ConfigurationLoader<SampleOptions>(environment: NoEnvironment).Load(_directory["pipe.yaml"]);

        Assert.That(result.Errors.Single().Message, Is.EqualTo("The file is empty, or not a regular file"));
    }

    [Test]
    public void Load_drop_in_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        Requires.Linux();
        _directory.Write("items.d/b.yaml", "items: []\n");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", _directory["items.d/a.yaml"]))
        {
            mkfifo.WaitForExit();
        }

        var lines = Lines(Load("name: docs\n", dropIns: Items()));

        Assert.That(lines, Is.EqualTo(new[] { "items.d/a.yaml: The file is empty, or not a regular file. Write the options, or remove the file." }));
    }

    [Test]
    public void Load_same_contents_have_the_same_fingerprint_and_others_another()
    {
        var first = Load("name: docs\n").Fingerprint;
        var same = Load("name: docs\n").Fingerprint;
        _directory.Write("items.d/a.yaml", "items: []\n");
        var withFile = Load("name: docs\n", dropIns: Items()).Fingerprint;

        Assert.Multiple(() =>
        {
            Assert.That(same, Is.EqualTo(first));
            Assert.That(withFile, Is.Not.EqualTo(first));
        });
    }

    [Test]
    public void Load_damaged_text_never_throws()
    {
        var good = Encoding.UTF8.GetBytes("name: docs\nsize: 64KiB\nlimits: { calls: 7 }\nitems:\n  - id: &i 1\n    tags: [\"a\", 'b', |\n  x\n]\n  - id: *i\n");

        Fuzz.Run(20260728, random =>
        {
            var text = Encoding.Latin1.GetString(Fuzz.Mutate(random, good));
            var result = Load(text);
            Assert.That(result.Value is null, Is.EqualTo(result.Errors.Count > 0), () => text);
        });
    }

    [TestCase('[')]
    [TestCase('{')]
    [TestCase('"')]
    [TestCase('-')]
    [TestCase('&')]
    [TestCase('?')]
    [TestCase(' ')]
    [TestCase('\n')]
    [TestCase('a')]
    public void Load_a_full_file_of_one_character_ends(char character)
    {
        var result = Load(new string(character, ConfigurationLimits.MaxFileBytes));

        Assert.That(result.Errors, Is.Not.Empty);
    }

    private ConfigurationResult<SampleOptions> Load(
        string text,
        IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlyList<IConfigurationValidator<SampleOptions>>? validators = null,
        IDropInDirectory<SampleOptions>? dropIns = null) =>
        new ConfigurationLoader<SampleOptions>(validators, dropIns, environment ?? NoEnvironment).Load(_directory.Write("client.yaml", text));

    private DropInDirectory<SampleOptions, SampleDropIn> Items() =>
        new((_, _) => Path.Combine(_directory.Path, "items.d"), (main, files) => main with { Items = [.. main.Items, .. files.SelectMany(file => file.Items)] });

    private string[] Lines(ConfigurationResult<SampleOptions> result) =>
        [.. result.Errors.Select(error => error.ToString().Replace(_directory.Path + "/", ""))];

    private sealed class UniqueIds : IConfigurationValidator<SampleOptions>
    {
        public void Validate(SampleOptions options, ValidationContext context)
        {
            foreach (var group in options.Items.GroupBy(item => item.Id).Where(group => group.Count() > 1))
            {
                context.Error(
                    group.Last(), nameof(SampleItem.Id), $"Item {group.Key} is there twice; the first time at {context.Locate(group.First(), nameof(SampleItem.Id))}", "Remove one");
            }
        }
    }
}
