using System.Runtime.Versioning;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

[UnsupportedOSPlatform("windows")]
public sealed class AtomicFilesTests
{
    private ScratchDirectory _directory = null!;

    [SetUp]
    public void Make() => _directory = new ScratchDirectory();

    [TearDown]
    public void Remove() => _directory.Dispose();

    [TestCase(FileProtection.Public, "644")]
    [TestCase(FileProtection.OwnerOnly, "600")]
    [TestCase(FileProtection.OwnerAndGroup, "640")]
    public async Task WriteAsync_gives_the_file_its_mode_and_leaves_nothing_else(FileProtection protection, string octal)
    {
        Requires.Linux();

        await AtomicFiles.WriteAsync(_directory["file"], "text", protection, CancellationToken.None);

        Assert.That(Convert.ToString((int)File.GetUnixFileMode(_directory["file"]), 8), Is.EqualTo(octal));
        Assert.That(Entries(), Is.EqualTo(["file"]));
        Assert.That(await File.ReadAllTextAsync(_directory["file"]), Is.EqualTo("text"));
    }

    [Test]
    public async Task WriteAsync_replaces_a_loose_file_by_a_tight_one()
    {
        Requires.Linux();
        _directory.Write("key", "old", UnixFileMode.UserRead | UnixFileMode.OtherRead);

        await AtomicFiles.WriteAsync(_directory["key"], "new", FileProtection.OwnerOnly, CancellationToken.None);

        Assert.That(File.GetUnixFileMode(_directory["key"]), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task StageAsync_changes_nothing_until_Commit()
    {
        _directory.Write("a", "old");
        using var files = new AtomicFiles();
        await files.StageAsync(_directory["a"], "new", FileProtection.Public, CancellationToken.None);
        await files.StageAsync(_directory["b"], "new", FileProtection.OwnerOnly, CancellationToken.None);

        Assert.That(await File.ReadAllTextAsync(_directory["a"]), Is.EqualTo("old"));
        Assert.That(File.Exists(_directory["b"]), Is.False);

        files.Commit();

        Assert.That(Entries(), Is.EqualTo(["a", "b"]));
        Assert.That(await File.ReadAllTextAsync(_directory["a"]), Is.EqualTo("new"));
    }

    [Test]
    public async Task A_file_that_cannot_be_staged_leaves_all_others_as_they_were()
    {
        _directory.Write("a", "old");
        _directory.Write("file", "not a directory");
        using (var files = new AtomicFiles())
        {
            await files.StageAsync(_directory["a"], "new", FileProtection.Public, CancellationToken.None);
            await AssertFault(
                CertificateFault.WriteFailed,
                () => files.StageAsync(Path.Combine(_directory["file"], "b"), "new", FileProtection.Public, CancellationToken.None));
        }

        Assert.That(Entries(), Is.EqualTo(["a", "file"]));
        Assert.That(await File.ReadAllTextAsync(_directory["a"]), Is.EqualTo("old"));
    }

    [Test]
    public async Task WriteAsync_refuses_links_directories_and_where_told_existing_files()
    {
        _directory.Write("target", "old");
        File.CreateSymbolicLink(_directory["link"], _directory["target"]);
        Directory.CreateDirectory(_directory["directory"]);

        await AssertFault(CertificateFault.NotARegularFile, () => Write("link", replace: true));
        await AssertFault(CertificateFault.NotARegularFile, () => Write("directory", replace: true));
        await AssertFault(CertificateFault.AlreadyExists, () => Write("target", replace: false));

        Assert.That(await File.ReadAllTextAsync(_directory["target"]), Is.EqualTo("old"));
        Assert.That(Entries(), Is.EqualTo(["directory", "link", "target"]));
    }

    [TestCase("")]
    [TestCase("/")]
    public void Ensure_makes_a_directory_for_the_owner_alone_and_refuses_one_that_others_may_write(string end)
    {
        Requires.Linux();
        var path = Path.Combine(_directory["parent"], "state");

        StateDirectory.Ensure(path + end);
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(path), 8), Is.EqualTo("700"));
        StateDirectory.Ensure(path);

        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);
        Assert.That(
            () => StateDirectory.Ensure(path),
            Throws.InstanceOf<CertificateException>().With.Message.Contains($"chmod 700 {path}"));
    }

    private Task Write(string name, bool replace) =>
        AtomicFiles.WriteAsync(_directory[name], "new", FileProtection.Public, CancellationToken.None, replace);

    private IEnumerable<string?> Entries() => Directory.EnumerateFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order();

    private static async Task AssertFault(CertificateFault fault, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<CertificateException>(act);
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.Message);
    }
}
